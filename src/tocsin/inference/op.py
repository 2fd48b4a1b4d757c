"""The log-likelihood as one PyTensor Op that returns value and gradients together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from tocsin.inference.kernel import Data, Structure, log_likelihood

if TYPE_CHECKING:
    from collections.abc import Sequence

_STRUCTURE = len(Structure._fields)
_DATA_FROM = 2 + _STRUCTURE  # after the two free variables
KERNEL_VERSION = 5
"""Part of the compile cache's key: raise it whenever `kernel`, `scores` or `special` changes what it computes."""


class LogLikelihood(Op):  # type: ignore[misc]
    """(standard, innovation, *Structure, *Data) → (value, derivative by standard, derivative by innovation)."""

    __props__: ClassVar[tuple[str, ...]] = ()

    def make_node(self, *inputs: Any) -> Apply:  # noqa: ANN401
        """Accept anything that PyTensor can make a tensor of, in the order of `kernel.log_likelihood`."""
        variables = [pt.as_tensor_variable(item) for item in inputs]
        return Apply(self, variables, [pt.dscalar(), pt.dvector(), pt.dmatrix()])

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Only the value depends differentiably on anything, and only on the first two inputs."""
        return [[position < 2, False, False] for position in range(len(node.inputs))]  # noqa: PLR2004

    def perform(
        self,
        node: Apply,  # noqa: ARG002 - PyTensor passes it by name
        inputs: Sequence[np.ndarray],
        outputs: Sequence[list[Any]],
    ) -> None:
        """Evaluate outside compiled code."""
        value, by_standard, by_innovation = log_likelihood(
            inputs[0], inputs[1], Structure(*inputs[2:_DATA_FROM]), Data(*inputs[_DATA_FROM:])
        )
        outputs[0][0] = np.asarray(value)
        outputs[1][0] = by_standard
        outputs[2][0] = by_innovation

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """Chain rule through the value only: the derivatives themselves are not differentiated."""
        by_value = cotangents[0]
        return [by_value * outputs[1], by_value * outputs[2], *(disconnected_type() for _ in inputs[2:])]


@register_funcify_default_op_cache_key(LogLikelihood)  # type: ignore[untyped-decorator]
def _funcify(op: LogLikelihood, **_: object) -> tuple[Any, int]:  # noqa: ARG001
    @numba_njit
    def evaluate(standard, innovation, *rest):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202
        value, by_standard, by_innovation = log_likelihood(
            standard, innovation, Structure(*rest[:_STRUCTURE]), Data(*rest[_STRUCTURE:])
        )
        return np.asarray(value), by_standard, by_innovation

    return evaluate, KERNEL_VERSION
