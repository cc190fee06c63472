"""Text for graphs and functions: imports and ``__all__`` only."""

from theanolike.graph.dot import default_colorCodes, pydotprint
from theanolike.graph.pretty import (
    DefaultPrinter,
    FunctionPrinter,
    IgnorePrinter,
    LeafPrinter,
    OperatorPrinter,
    PatternPrinter,
    PPrinter,
    PrinterState,
    pp,
    pprint,
    special,
    use_ascii,
)
from theanolike.graph.printing import (
    debugprint,
    hex_digest,
    min_informative_str,
    position_independent_str,
    var_descriptor,
)
from theanolike.ops.printing import Print
from theanolike.pending import pending_names

__all__ = [
    "DefaultPrinter",
    "FunctionPrinter",
    "IgnorePrinter",
    "LeafPrinter",
    "OperatorPrinter",
    "PPrinter",
    "PatternPrinter",
    "Print",
    "PrinterState",
    "debugprint",
    "default_colorCodes",
    "hex_digest",
    "min_informative_str",
    "position_independent_str",
    "pp",
    "pprint",
    "pydotprint",
    "special",
    "use_ascii",
    "var_descriptor",
]

__getattr__ = pending_names(__name__)
