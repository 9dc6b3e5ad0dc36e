"""Known rules as formulas: where an evolution of formulas begins. A formula that needs what a scenario does not show is left out."""

from __future__ import annotations

from collections.abc import Collection

from agents.dispatch.search.shapes import Rule
from vmenv.dispatch.formula.expression import NUMBER, Expression
from vmenv.dispatch.formula.operators import BY_NAME
from vmenv.dispatch.formula.parse import parse

FIRST_COME = Rule(parse("0.0"))  # all are worth the same, so that the first that came goes first

# Score, and what waiting is worth. In words, in this order: attained service; the same with paging; learned Gittins index, by weight;
# apparent tardiness; deadlines; expected size; that with the width of batch jobs, as in F1, by area, and as in WFP3; company; turns of
# tenants; whole hosts before parts; tasks beside VMs. The longest of each kind are what tuning has made of `atc`, `pairing_idle_learned`,
# `polling_timer`, `drain_sloped` and `fading`, in the words of formulas.
_CLASSICS: tuple[tuple[str, str | None], ...] = (
    ("0 - attained", None),
    ("0 - log(attained + 0.05) - 2.0 * page_in - 1.0 * page_out + 0.5 * continues", None),
    ("0 - cpu * log(attained + 0.05)", None),
    ("promise", None),
    ("weight * plain(promise)", None),
    ("plain(weight) * plain(promise) * exp(0 - 1.0 * max(plain(slack), 0))", None),
    ("plain(weight) * exp(0 - 1.0 * max(plain(slack), 0)) / (plain(attained) + 0.1)", None),
    ("log(plain(promise)) - 5.0 * cpu - 8.0 * max(slack_share, 0) - log(plain(attained) + 0.1)", None),
    (
        "1.8 * log(plain(promise)) - 10.0 * log(cpu) - 70.0 * max(plain(slack_share), 0) - 1.9 * log(plain(attained) + 0.05)",
        None,
    ),
    ("0 - slack", None),
    ("plain(weight) / (plain(expected_left) + 0.01)", None),
    ("0 - expected_left", None),
    ("0 - cpu * log(plain(expected_left) + 0.0003)", None),
    ("0 - log(plain(expected_left) + 0.003) - log(cpu)", None),
    ("0 - cpu * log(plain(expected_left) + 0.0003) + 0.1 * log(plain(age) + 0.01)", None),
    ("3.0 * log(plain(age) + 0.0003) - 3.0 * log(plain(expected_left) + 0.0003) + log(cpu)", None),
    ("beside - plain(harm)", None),
    ("beside - plain(harm)", "0.5 * host.running"),
    ("beside - plain(harm) + partner - 0.5 * attained", "0.5 * host.running"),
    ("where(host.running, beside - plain(harm), 4.0 * partner) - 0.1 * attained", "where(host.running, 0.07, -9.0)"),
    ("same_tenant", "0.5 - plain(host.runnable)"),
    (
        "same_tenant",
        "min(0.9, 20.0 * exp(0 - plain(host.loaded_since) * plain(host.loaded_since)) - 7.0 - 4.0 * plain(host.runnable))",
    ),
    ("same_tenant", "where(host.loaded_lately - 0.3, 1.5 - plain(host.runnable), 0.5 - plain(host.runnable))"),
    ("same_tenant + 0.1 * age", "where(host.loaded_since - 0.5, 0.0 - 1.0, 0.5)"),
    ("cpu", None),
    ("cpu", "where(host.runnable_whole - 0.1, 0.6 - host.running, 0 - 1.0)"),
    (
        "cpu",
        "where(host.runnable_whole, "
        "min(0.5, 2.3 + 0.5 * plain(host.runnable_whole) - 4.2 * plain(host.running) - plain(host.runnable)), -2.0)",
    ),
    ("0 - snapshot - compress - attained", None),
    (
        "where(snapshot, 0.5 - 4.0 * slack_share, "
        "where(compress, 2.0 - 20.0 * host.pool_free, 0 - host.pool_free * log(plain(attained) + 0.01)))",
        None,
    ),
    ("where(snapshot, 0.5 - slack, 0 - attained)", None),
)


def classics(features: Collection[str], host_features: Collection[str]) -> list[Rule]:
    """Returns those that look at nothing but these features; first come, first served leads.

    Args:
        features: Of VMs, as in formulas.
        host_features: Of the host: "host.name".
    """
    known = {*features, *host_features, *BY_NAME, NUMBER}
    rules = [Rule(parse(score), parse(wait) if wait else None) for score, wait in _CLASSICS]
    return [FIRST_COME, *(rule for rule in rules if all(part.name in known for part in all_parts(rule)))]


def all_parts(rule: Rule) -> list[Expression]:
    """Returns the parts of both expressions."""
    return [*rule.score.parts(), *(rule.wait.parts() if rule.wait else ())]
