"""Random formulas and small changes of them: what an evolution of formulas proposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vmenv.dispatch.formula.expression import NUMBER, Expression, apply, feature, number, shifted, simplified
from vmenv.dispatch.formula.operators import BY_NAME
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.formula.program import MOST_INSTRUCTIONS, depth
from vmenv.dispatch.index.places import STACK_SIZE

UNARY = ("log", "exp", "plain")
BINARY = ("add", "sub", "mul", "div", "min", "max")
MOST_TRIES = 50


class Rule(NamedTuple):
    """A candidate: what a VM is worth, and what waiting is worth; None: it does not wait on purpose."""

    score: Expression
    wait: Expression | None = None

    @property
    def num_terms(self) -> int:
        """Features and numbers in both."""
        return self.score.num_terms + (self.wait.num_terms if self.wait else 0)

    def policy(self, time_scale_us: int) -> FormulaPolicy:
        """Returns it as a policy."""
        return FormulaPolicy(score=self.score, wait=self.wait, time_scale_us=time_scale_us)


class Shapes:
    """Proposes rules.

    Args:
        features: Names of features of VMs, as in formulas.
        host_features: The same of the host: "host.name".
        most_terms: Features and numbers that a rule may hold.
        rng: Where chance comes from.
    """

    def __init__(self, features: Sequence[str], host_features: Sequence[str], most_terms: int, rng: np.random.Generator) -> None:
        self._of_vm, self._of_host = tuple(features), tuple(host_features)
        self._most_terms, self._rng = most_terms, rng

    def changed(self, rule: Rule, others: Sequence[Rule]) -> Rule:
        """Returns a rule that differs in one or a few places, or shares a part with one of `others`."""
        for _ in range(MOST_TRIES):
            found = rule
            for _ in range(1 + self._rng.geometric(0.6)):
                found = self._change(found, others)
            found = simplest(found)
            if found != rule and self.is_allowed(found):
                return found
        return self._jittered(rule)

    def is_allowed(self, rule: Rule) -> bool:
        """Returns whether it is short enough, and can be carried out."""
        parts = [rule.score, *([rule.wait] if rule.wait else [])]
        fits = all(sum(1 for _ in part.parts()) <= MOST_INSTRUCTIONS and depth(part) <= STACK_SIZE for part in parts)
        return fits and rule.num_terms <= self._most_terms

    def _change(self, rule: Rule, others: Sequence[Rule]) -> Rule:
        of_wait = bool(self._of_host) and self._rng.random() < (0.35 if rule.wait else 0.1)
        if of_wait and rule.wait is None:
            return rule._replace(wait=apply("add", number(self._normal()), self._term(sees_vm=False)))
        if of_wait and self._rng.random() < 0.1:
            return rule._replace(wait=None)
        if self._rng.random() < 0.3:
            return self._jittered(rule)
        expression = rule.wait if of_wait and rule.wait else rule.score
        sources = [other.wait if of_wait else other.score for other in others]
        changed = self._rewritten(expression, [source for source in sources if source], sees_vm=not of_wait)
        return rule._replace(wait=changed) if of_wait else rule._replace(score=changed)

    def _rewritten(self, expression: Expression, sources: Sequence[Expression], sees_vm: bool) -> Expression:
        """Returns the expression with one part replaced."""
        parts = list(expression.parts())
        place = int(self._rng.integers(len(parts)))
        part = parts[place]
        match int(self._rng.integers(8)):
            case 0:  # another term beside it
                new = apply(("add", "sub")[self._rng.integers(2)], part, self._term(sees_vm))
            case 1:  # it is weighed by something
                new = apply(BINARY[self._rng.integers(len(BINARY))], part, self._leaf(sees_vm))
            case 2:
                new = apply(UNARY[self._rng.integers(len(UNARY))], part)
            case 3:  # less of it
                new = part.arguments[int(self._rng.integers(len(part.arguments)))] if part.arguments else self._leaf(sees_vm)
            case 4:
                new = self._term(sees_vm)
            case 5 if sources:
                source = list(sources[int(self._rng.integers(len(sources)))].parts())
                new = source[int(self._rng.integers(len(source)))]
            case 6:  # it depends
                new = apply("where", apply("sub", self._leaf(sees_vm), number(self._rng.random())), part, self._term(sees_vm))
            case _:
                new = self._exchanged(part, sees_vm)
        return replaced(expression, place, new)

    def _exchanged(self, part: Expression, sees_vm: bool) -> Expression:
        """Returns the part with another operator of as many arguments, or another leaf."""
        if not part.arguments:
            return self._leaf(sees_vm)
        alike = [name for name, operator in BY_NAME.items() if operator.num_arguments == len(part.arguments)]
        return apply(alike[self._rng.integers(len(alike))], *part.arguments)

    def _jittered(self, rule: Rule) -> Rule:
        """Returns the rule with other numbers."""
        wait = with_numbers(rule.wait, self._near(numbers_of(rule.wait))) if rule.wait else None
        return Rule(with_numbers(rule.score, self._near(numbers_of(rule.score))), wait)

    def _near(self, values: Sequence[float]) -> list[float]:
        return [
            value * float(np.exp(0.4 * self._normal())) + 0.05 * self._normal() if self._rng.random() < 0.6 else value for value in values
        ]

    def _term(self, sees_vm: bool) -> Expression:
        """Returns a number times a feature, squashed as it is or not, or times two of them."""
        term = self._feature(sees_vm)
        if self._rng.random() < 0.35:
            term = apply(UNARY[self._rng.integers(len(UNARY))], term)
        elif self._rng.random() < 0.3:
            term = apply(("mul", "div", "max", "min")[self._rng.integers(4)], term, self._feature(sees_vm))
        return apply("mul", number(self._normal()), term)

    def _leaf(self, sees_vm: bool) -> Expression:
        return number(self._normal()) if self._rng.random() < 0.3 else self._feature(sees_vm)

    def _feature(self, sees_vm: bool) -> Expression:
        known = self._of_host
        if sees_vm and (not known or self._rng.random() < 0.8):
            known = self._of_vm
        return feature(known[self._rng.integers(len(known))])

    def _normal(self) -> float:
        return float(self._rng.standard_normal())


def simplest(rule: Rule) -> Rule:
    """Returns a rule that decides the same but for rounding. Where waiting is worth nothing, all VMs may be worth as much more or less."""
    score = simplified(rule.score)
    if rule.wait is None:
        return Rule(shifted(score)[0])
    return Rule(score, simplified(rule.wait))


def replaced(expression: Expression, place: int, new: Expression) -> Expression:
    """Returns the expression with the part at a place, as `Expression.parts` counts, replaced."""
    seen = 0
    arguments = list(expression.arguments)
    for k, argument in enumerate(arguments):
        length = sum(1 for _ in argument.parts())
        if seen <= place < seen + length:
            arguments[k] = replaced(argument, place - seen, new)
            return expression._replace(arguments=tuple(arguments))
        seen += length
    return new


def numbers_of(expression: Expression | None) -> list[float]:
    """Returns the numbers of an expression, from left to right."""
    return [part.value for part in expression.parts() if part.name == NUMBER] if expression else []


def with_numbers(expression: Expression, values: Sequence[float]) -> Expression:
    """Returns the expression with other numbers, from left to right."""
    left = iter(values)

    def filled(part: Expression) -> Expression:
        if part.name == NUMBER:
            return number(next(left))
        return part._replace(arguments=tuple(filled(argument) for argument in part.arguments))

    return filled(expression)
