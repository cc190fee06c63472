"""Theano's flags that are accepted and do nothing here, each with the reason.

They are declared so that a program or a ``.theanorc`` that sets them runs.
"""

from typing import Any

from theanolike.flags import Flag, choice, real, text, truth, whole

__all__ = ["ACCEPTED"]

BUG = "the bug that it warns of was Theano's"
DEVICE = "there is no such device here"
LOOPS = "a loop is part of the function and decides by itself"
MEMORY = "the workspace of a function is planned when it is compiled"
NEVER = "the feature that it tunes does not exist here"
THREADS = "there is no OpenMP here; see config.threads"
UNITS = "compiled units are content addressed and need no lock"

ACCEPTED: dict[str, Flag[Any]] = {
    "allow_gc": truth(True, doc="Free intermediates.", no_effect=MEMORY),
    "assert_no_cpu_op": choice(
        "ignore", "warn", "raise", "pdb", doc="Refuse CPU ops.", no_effect=DEVICE
    ),
    "cache_optimizations": truth(False, doc="Keep rewrites.", no_effect=NEVER),
    "check_input": truth(True, doc="Check inputs in C.", no_effect=NEVER),
    "check_stack_trace": choice(
        "off", "log", "warn", "raise", doc="Check origins.", no_effect=NEVER
    ),
    "compiledir_format": text("", doc="Name of compiledir.", no_effect=UNITS),
    "compute_test_value_opt": choice(
        *("off", "ignore", "warn", "raise", "pdb"),
        doc="Test values in rewrites.",
        no_effect=NEVER,
    ),
    "contexts": text("", doc="Devices by name.", no_effect=DEVICE),
    "cycle_detection": choice(
        "regular", "fast", doc="Cycles by in-place ops.", no_effect=NEVER
    ),
    "deterministic": choice(
        "default", "more", doc="Same bits.", no_effect="functions always are"
    ),
    "enable_initial_driver_test": truth(True, doc="Try a GPU.", no_effect=DEVICE),
    "force_device": truth(False, doc="Refuse other devices.", no_effect=DEVICE),
    "home": text("", doc="The home folder.", no_effect="see config.cachedir"),
    "init_gpu_device": text("", doc="A device to open.", no_effect=DEVICE),
    "int_division": choice(
        "int",
        "raise",
        "floatX",
        doc="What int / int is.",
        no_effect="int / int is floatX",
    ),
    "nocleanup": truth(False, doc="Keep failed builds.", no_effect=UNITS),
    "on_opt_error": choice(
        *("warn", "raise", "pdb", "ignore"),
        doc="What to do about a failing rewrite.",
        no_effect="a failing rewrite is an error",
    ),
    "on_shape_error": choice(
        *("warn", "raise"),
        doc="What to do about a failing shape inference.",
        no_effect="a failing shape inference is an error",
    ),
    "openmp": truth(False, doc="Use OpenMP.", no_effect=THREADS),
    "openmp_elemwise_minsize": whole(200000, doc="Its size.", no_effect=THREADS),
    "pickle_test_value": truth(True, doc="Pickle test values.", no_effect=NEVER),
    "print_active_device": truth(True, doc="Print the device.", no_effect=DEVICE),
    "print_global_stats": truth(False, doc="Print times at exit.", no_effect=NEVER),
    "print_test_value": truth(False, doc="Print test values.", no_effect=NEVER),
    "profile_memory": truth(False, doc="Profile memory.", no_effect=MEMORY),
    "reoptimize_unpickled_function": truth(
        False, doc="Rewrite again.", no_effect="an unpickled function is compiled anew"
    ),
    "unpickle_function": truth(True, doc="Unpickle.", no_effect=NEVER),
    "warn_float64": choice(
        "ignore", "warn", "raise", "pdb", doc="About float64.", no_effect=NEVER
    ),
    "DebugMode.check_preallocated_output": text(
        "", doc="Layouts to try.", no_effect=MEMORY
    ),
    "DebugMode.check_preallocated_output_ndim": whole(
        4, doc="Ranks to try.", no_effect=MEMORY
    ),
    "DebugMode.check_strides": whole(0, doc="About strides.", no_effect=MEMORY),
    "DebugMode.patience": whole(
        10, doc="Rewrites to repeat.", no_effect="rewrites are deterministic"
    ),
    "DebugMode.warn_input_not_reused": truth(
        True, doc="About in-place ops.", no_effect=NEVER
    ),
    "blas.check_openmp": truth(True, doc="Check BLAS.", no_effect=THREADS),
    "cmodule.age_thresh_use": whole(2073600, doc="Seconds.", no_effect=UNITS),
    "cmodule.compilation_warning": truth(False, doc="Show.", no_effect=UNITS),
    "cmodule.debug": truth(False, doc="Check modules.", no_effect=UNITS),
    "cmodule.preload_cache": truth(False, doc="Read ahead.", no_effect=UNITS),
    "cmodule.remove_gxx_opt": truth(False, doc="No -O.", no_effect=UNITS),
    "cmodule.warn_no_version": truth(False, doc="No version.", no_effect=UNITS),
    "compile.timeout": whole(0, doc="Seconds for a lock.", no_effect=UNITS),
    "compile.wait": whole(5, doc="Seconds between tries.", no_effect=UNITS),
    "conv.assert_shape": truth(False, doc="Check shapes.", no_effect=NEVER),
    "ctc.root": text("", doc="Folder of warp-ctc.", no_effect=NEVER),
    "experimental.local_alloc_elemwise": truth(True, doc="", no_effect=NEVER),
    "experimental.local_alloc_elemwise_assert": truth(True, doc="", no_effect=NEVER),
    "experimental.unpickle_gpu_on_cpu": truth(
        False, doc="Read GPU arrays.", no_effect=DEVICE
    ),
    "lib.amdlibm": truth(False, doc="Use amdlibm.", no_effect=NEVER),
    "lib.cnmem": real(0.0, doc="GPU memory.", no_effect=DEVICE),
    "metaopt.optimizer_excluding": text("", doc="", no_effect=NEVER),
    "metaopt.optimizer_including": text("", doc="", no_effect=NEVER),
    "metaopt.verbose": whole(0, doc="", no_effect=NEVER),
    "optdb.max_use_ratio": real(
        8.0, doc="Budget of rewrites.", no_effect="the engine has its own budget"
    ),
    "optdb.position_cutoff": real(
        float("inf"), doc="Last rewrite.", no_effect="rewrites run in phases"
    ),
    "profiling.debugprint": truth(False, doc="", no_effect=NEVER),
    "profiling.destination": text("stderr", doc="", no_effect=NEVER),
    "profiling.ignore_first_call": truth(False, doc="", no_effect=NEVER),
    "profiling.min_memory_size": whole(1024, doc="Bytes.", no_effect=NEVER),
    "profiling.min_peak_memory": truth(False, doc="", no_effect=NEVER),
    "profiling.n_apply": whole(20, doc="Rows.", no_effect=NEVER),
    "profiling.n_ops": whole(20, doc="Rows.", no_effect=NEVER),
    "profiling.output_line_width": whole(512, doc="", no_effect=NEVER),
    "profiling.time_thunks": truth(True, doc="", no_effect=NEVER),
    "scan.allow_gc": truth(False, doc="Free in loops.", no_effect=LOOPS),
    "scan.allow_output_prealloc": truth(True, doc="Reuse.", no_effect=LOOPS),
    "scan.debug": truth(False, doc="Print loops.", no_effect=LOOPS),
    "tensor.cmp_sloppy": whole(0, doc="Of allclose.", no_effect=NEVER),
    "tensor.insert_inplace_optimizer_validate_nb": whole(-1, doc="", no_effect=NEVER),
    "tensor.local_elemwise_fusion": truth(
        True, doc="Fuse.", no_effect="the schedule fuses; see f.plan"
    ),
    "traceback.compile_limit": whole(0, doc="Frames.", no_effect=NEVER),
    "traceback.limit": whole(
        8, doc="Frames.", no_effect="a node records the user's line"
    ),
    "vm.lazy": text("None", doc="Lazy evaluation.", no_effect=NEVER),
    "warn.ignore_bug_before": text("0.9", doc="", no_effect=BUG),
}

for _name in ("all", "divide", "over", "under", "invalid"):
    ACCEPTED[f"numpy.seterr_{_name}"] = choice(
        *("ignore", "warn", "raise", "call", "print", "log", "None"),
        doc="NumPy's error state.",
        no_effect="compiled code raises no floating point errors",
    )
for _name in (
    *("argmax_pushdown_bug", "gpu_set_subtensor1", "gpusum_01_011_0111_bug"),
    *("identify_1pexp_bug", "inc_set_subtensor1", "inc_subtensor1_opt"),
    *("reduce_join", "round", "signal_conv2d_interface", "subtensor_merge_bug"),
    *("sum_div_dimshuffle_bug", "sum_sum_bug", "vm_gc_bug"),
):
    ACCEPTED[f"warn.{_name}"] = truth(True, doc="", no_effect=BUG)
for _name in (
    *("cuda.include_path", "cuda.root", "dnn.base_path", "dnn.bin_path"),
    *("dnn.conv.algo_bwd", "dnn.conv.algo_bwd_data", "dnn.conv.algo_bwd_filter"),
    *("dnn.conv.algo_fwd", "dnn.conv.precision", "dnn.conv.workmem"),
    *("dnn.conv.workmem_bwd", "dnn.enabled", "dnn.include_path", "dnn.library_path"),
    *("gpu.local_elemwise_fusion", "gpuarray.cache_path", "gpuarray.preallocate"),
    *("gpuarray.sched", "gpuarray.single_stream", "gpuarray.sync"),
    *("gpuelemwise.sync", "magma.enabled", "magma.include_path"),
    *("magma.library_path", "nvcc.compiler_bindir", "nvcc.fastmath", "nvcc.flags"),
):
    ACCEPTED[_name] = text("", doc="", no_effect=DEVICE)
