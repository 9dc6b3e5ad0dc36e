"""A policy that scores every VM with the same weights, so that neither the order nor the number of slots matters.

Each present VM is embedded; the mean over the present ones and the host's features make a context; a VM's score comes from
its embedding and the context, the score of "wait" and the value from the context alone. Empty slots are never computed, nor are scores of
VMs that cannot be granted: the rows of those present in the whole batch are gathered and embedded, those of them that fit are scored, and
the scores put back. Layers change what they are given in place, which makes a tenth more decisions a second. Scores and value share
embedding and context: with their own, an update took 1.6 times as long and what was learned was no better.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy
from torch import Tensor, nn

from agents.training.networks import PassThrough, num_features
from vmenv.dispatch.observation import AT

NEVER = -1e8  # the score of an action that is not legal: its probability is 0, and 0 times its logarithm too
LEAST_LOG = -80.0  # the exponential of less leaves float32's range, which takes torch's library ten times as long


class Encoded(NamedTuple):
    """What scores and values are computed from."""

    context: Tensor  # (B, width)
    fitting: Tensor  # (M, width) embeddings of the VMs in the whole batch that fit
    run: Tensor  # (M,) where in the batch each of them is
    slot: Tensor  # (M,) slot + run x S


class Scorer(nn.Module):
    """The scores of all actions, and the value, from a batch of observations.

    Args:
        num_vm_features: F.
        num_host_features: G.
        width: Size of the hidden layers.
    """

    def __init__(self, num_vm_features: int, num_host_features: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(num_vm_features, width), nn.ReLU(inplace=True), nn.Linear(width, width), nn.ReLU(inplace=True))
        self.pool = nn.Sequential(nn.Linear(width + num_host_features, width), nn.ReLU(inplace=True))
        self.score_vm = nn.Linear(width, width)
        self.score_context = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)
        self.wait = nn.Linear(width, 1)
        self.value = nn.Sequential(nn.Linear(width, width), nn.ReLU(inplace=True), nn.Linear(width, 1))
        self.latent_dim_pi = self.latent_dim_vf = width  # what SB3 asks for to build heads, which are replaced

    def forward(self, observations: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Returns (B, S + 1) scores, the last one of "wait", and (B, 1) values; slots of which nothing can be granted score 0."""
        encoded = self._encode(observations)
        return self._score(encoded, observations["vms"].shape[:2]), self.value(encoded.context)

    def forward_actor(self, observations: dict[str, Tensor]) -> Tensor:
        """Returns the scores alone."""
        return self._score(self._encode(observations), observations["vms"].shape[:2])

    def forward_critic(self, observations: dict[str, Tensor]) -> Tensor:
        """Returns the values alone."""
        value: Tensor = self.value(self._encode(observations).context)
        return value

    def _encode(self, observations: dict[str, Tensor]) -> Encoded:
        vms, host = observations["vms"], observations["host"]
        num_runs, num_slots, num_features = vms.shape
        slot = vms[:, :, AT.present].reshape(-1).nonzero().squeeze(1)
        run = slot.div(num_slots, rounding_mode="floor")
        rows = vms.reshape(-1, num_features).index_select(0, slot)
        embedded = self.embed(rows)
        counts = torch.bincount(run, minlength=num_runs).clamp(min=1).unsqueeze(1)
        mean = embedded.new_zeros(num_runs, embedded.shape[1]).index_add(0, run, embedded) / counts
        context = self.pool(torch.cat([mean, host], dim=1))
        fits = rows[:, AT.fits].nonzero().squeeze(1)
        return Encoded(context, embedded.index_select(0, fits), run.index_select(0, fits), slot.index_select(0, fits))

    def _score(self, encoded: Encoded, shape: torch.Size) -> Tensor:
        hidden = self.score_vm(encoded.fitting).add_(self.score_context(encoded.context).index_select(0, encoded.run)).relu_()
        scores = hidden.new_zeros(shape.numel()).index_copy(0, encoded.slot, self.score(hidden).squeeze(1))
        return torch.cat([scores.view(shape), self.wait(encoded.context)], dim=1)


def log_probabilities(scores: Tensor, action_masks: Any) -> Tensor:
    """Returns (B, A) logarithms of the softmax over the legal actions, with a number that no legal one can have for the others.

    Args:
        scores: (B, A).
        action_masks: (B, A) array or tensor, 0 or False where an action is not legal; None: all are.
    """
    if action_masks is not None:
        illegal = torch.as_tensor(action_masks, device=scores.device).reshape(scores.shape) == 0
        scores = scores.masked_fill(illegal, NEVER)
    return torch.log_softmax(scores, dim=1)


def entropies(logs: Tensor) -> Tensor:
    """Returns (B,) entropies of what `log_probabilities` returns."""
    return -(logs.clamp(min=LEAST_LOG).exp() * logs).sum(dim=1)


def draw(logs: Tensor) -> Tensor:
    """Returns (B,) actions drawn by their probabilities, whose (B, A) logarithms these are: of exponential clocks, the first that rings."""
    rings = torch.empty_like(logs).exponential_().clamp_(min=1e-30)  # at 0 even an action of no probability would be the first
    return (logs - rings.log()).argmax(dim=1)


class ScoringPolicy(MaskableMultiInputActorCriticPolicy):
    """SB3's masked actor-critic policy with `Scorer` in place of its networks.

    What the training loop asks for is computed here in a few operations: SB3's distribution normalises three times over, and checks what it
    is given, which took an eighth of an update.

    Args:
        width: Size of the hidden layers; the other arguments are SB3's.
    """

    def __init__(self, *args: Any, width: int = 32, **kwargs: Any) -> None:
        self.width = width
        kwargs |= {"features_extractor_class": PassThrough, "ortho_init": False}
        kwargs.setdefault("optimizer_kwargs", {"eps": 1e-5, "fused": True})  # SB3's eps; one pass over the few weights, not ten
        super().__init__(*args, **kwargs)

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor = Scorer(*num_features(self.observation_space), self.width)  # type: ignore[assignment]  # SB3: an MlpExtractor

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        self.action_net = nn.Identity()  # the scorer gives scores and value as they are
        self.value_net = nn.Identity()  # type: ignore[assignment]  # SB3: a Linear
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)  # type: ignore[call-arg]  # torch: any Optimizer

    def forward(self, obs: Any, deterministic: bool = False, action_masks: Any = None) -> tuple[Tensor, Tensor, Tensor]:
        """Returns (B,) actions, drawn or the best, (B, 1) values and (B,) log probabilities of the actions."""
        scores, values = self.mlp_extractor(obs)
        logs = log_probabilities(scores, action_masks)
        actions = logs.argmax(dim=1) if deterministic else draw(logs)
        return actions, values, logs.gather(1, actions.unsqueeze(1)).squeeze(1)

    def evaluate_actions(self, obs: Any, actions: Tensor, action_masks: Any = None) -> tuple[Tensor, Tensor, Tensor]:
        """Returns (B, 1) values, (B,) log probabilities of the actions, and (B,) entropies."""
        scores, values = self.mlp_extractor(obs)
        logs = log_probabilities(scores, action_masks)
        return values, logs.gather(1, actions.long().view(-1, 1)).squeeze(1), entropies(logs)

    def extract_features(self, obs: Any, features_extractor: Any = None) -> Any:
        """Returns the observations: nothing is flattened."""
        return obs
