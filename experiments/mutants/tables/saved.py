"""Mutants of saved policies."""

from __future__ import annotations

from experiments.mutants.part import ENOUGH, Part

PART = Part(
    about="saved policies",
    tests=(
        ("tests/episodes/test_saved.py", "tests/share/test_network.py", ENOUGH),
        (
            "tests/dispatch/index/test_index_policy.py::test_saved_and_loaded_it_decides_the_same",
            "tests/dispatch/index/test_index_policy.py::test_what_is_not_a_policy_is_refused",
            ENOUGH,
        ),
        ("tests/fuzz", ENOUGH),
    ),
    few=1,
    rows={
        "vmenv/episodes/saved.py": [
            (
                "weights that are no numbers are taken",
                'if array.dtype.kind not in "fiu" or not np.isfinite(array).all():',
                'if array.dtype.kind not in "fiu" or np.isnan(array).all():',
            ),
            ("a card may say a thing twice", "if len(found) < len(pairs):", "if False:"),
            (
                "JSON that is nested too deeply is an error of Python",
                "(OSError, ValueError, RecursionError) as error",
                "(OSError, ValueError) as error",
            ),
            ("weights that are cut are an error of safetensors", "except (OSError, SafetensorError, KeyError", "except (OSError, KeyError"),
            (
                "weights need not be those that the card is about",
                'if hashlib.sha256(content).hexdigest() == card["weights"].get("sha256"):',
                "if True:",
            ),
            (
                "weights may lie anywhere",
                "if not isinstance(name, str) or not name or Path(name).name != name:",
                "if not isinstance(name, str):",
            ),
            ("weights of earlier policies stay", "            file.unlink()", "            pass"),
            ("a card need not say its kind", 'not isinstance(card.get("kind"), str)', '"kind" not in card'),
            (
                "a name that no file can have is an error of Python",
                "except (OSError, ValueError):  # a name",
                "except RuntimeError:  # a name",
            ),
        ],
        "vmenv/dispatch/saved.py": [
            ("a card may name any module", "if colon and module not in sys.modules:", "if False:"),
            (
                "the parameters of a heuristic are dropped",
                'SCHEDULERS.make(card["scheduler"], **card["parameters"])',
                'SCHEDULERS.make(card["scheduler"])',
            ),
            (
                "features of VMs and of the host change places",
                'host_features=tuple(card["host_features"])',
                'host_features=tuple(card["features"])',
            ),
        ],
        "vmenv/share/saved.py": [("a scorer of other features is taken", 'if card["vm_features"] != list(VM_FEATURES) or', "if")],
        "vmenv/share/network.py": [
            ("a host of other devices is an error of numpy", "if host.shape[1] != trained_on:", "if False:"),
            ("the mean is one over all slots", "np.maximum(present.sum(axis=1), 1.0)", "np.float32(present.shape[1])"),
            ("empty slots are part of the context", 'self._relu("encode.embed.0", vms)) * present', 'self._relu("encode.embed.0", vms))'),
            ("layers need not fit together", "if weight.shape != (outputs, expected) or bias.shape", "if bias.shape"),
            (
                "the network begins at nothing",
                "start = np.arctanh(2.0 * np.clip(vms[:, :, NOW], LEAST, MOST) - 1.0)",
                "start = 0.0 * vms[:, :, NOW]",
            ),
        ],
        "vmenv/share/scorer.py": [
            ("weights that overflow are taken", "if not (np.abs(array) <= MOST_WEIGHT).all():", "if np.isnan(array).any():")
        ],
    },
)
