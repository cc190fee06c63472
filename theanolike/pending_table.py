"""Names of Theano that are not there yet, by the module that has them below theano."""

__all__ = ["PENDING"]

PENDING: dict[str, str] = {
    "": """
        CLinker DualLinker Linker LocalLinker OpFromGraph OpWiseCLinker OpenMPOp
        PerformLinker disable_log_handler hessian jacobian
        logging_default_formatter logging_default_handler object2 opt
        sparse_grad test theano_logger toolbox utils
    """,
    "compat": """
        DefaultOrderedDict b cmp decode exc_message get_unbound_function
        operator_div
    """,
    "compat.six": "b moves reraise",
    "compile": """
        AddDestroyHandler AddFeatureOptimizer AliasedMemoryError DeepCopyOp
        OpFromGraph PrintCurrentFunctionGraph Rebroadcast SanityCheckFunction
        Shape Shape_i SpecifyShape Supervisor SymbolicInputKit ViewOp
        deep_copy_op module profilemode shape view_op
    """,
    "compile.builders": "OpFromGraph",
    "compile.debugmode": "default_make_thunk",
    "compile.function_module": "AliasedMemoryError Supervisor convert_function_input",
    "compile.mode": """
        AddDestroyHandler AddFeatureOptimizer OPT_FAST_COMPILE OPT_FAST_RUN
        OPT_FAST_RUN_STABLE OPT_MERGE OPT_NONE OPT_O2 OPT_O3 OPT_STABILIZE
        OPT_UNSAFE PrintCurrentFunctionGraph instantiated_default_mode
        local_useless
    """,
    "compile.ops": """
        DeepCopyOp OutputGuard Shape Shape_i ViewOp deep_copy_op
        register_deep_copy_op_c_code register_rebroadcast_c_code
        register_shape_c_code register_shape_i_c_code
        register_specify_shape_c_code register_view_op_c_code view_op
    """,
    "compile.profiling": """
        ScanProfileStats print_global_stats register_profiler_printer
    """,
    "configparser": "THEANO_FLAGS_DICT",
    "d3viz": "d3viz d3write formatting",
    "gof": """
        CDataType CEnumType CLinker COp CachedConstantError
        CheckStackTraceOptimization DestroyHandler DualLinker EnumList EnumType
        FromFunctionOptimizer HideC Linker LocalLinker OpWiseCLinker OpenMPOp
        Params ParamsType PerformLinker WrapLinker WrapLinkerMany cmodule
        hashtype ops_with_inner_function
    """,
    "gof.cc": "get_module_cache",
    "gof.compiledir": """
        basecompiledir_ls basecompiledir_purge cleanup compiledir_purge
        print_compiledir_content
    """,
    "gof.destroyhandler": "DestroyHandler fast_inplace_check",
    "gof.graph": """
        Node as_string default_leaf_formatter default_node_formatter
        general_toposort io_connection_pattern nodes_constructed op_as_string
        stack_search view_roots
    """,
    "gof.link": "WrapLinker WrapLinkerMany raise_with_op",
    "gof.op": "CLinkerOp COp OpenMPOp PureOp debug_error_message missing_test_message",
    "gof.opt": """
        LocalMetaOptimizer check_chain check_stack_trace pre_constant_merge
        pre_greedy_local_optimizer
    """,
    "gof.optdb": "TopoDB",
    "gof.params_type": "Params ParamsType",
    "gof.sched": "key_to_cmp sort_apply_nodes sort_schedule_fn",
    "gof.toolbox": """
        AlreadyThere BadOptimization Bookkeeper History NoOutputFromInplace
        NodeFinder PreserveNames PrintListener Validator
    """,
    "gof.type": """
        CDataType CEnumType CLinkerType EnumList EnumType PureType SingletonType
    """,
    "gof.utils": """
        ANY_TYPE FALL_THROUGH add_tag_trace comm_guard deprecated difference
        flatten give_variables_names hash_from_code hash_from_file hist memoize
        object2 remove scratchpad simple_extract_stack toposort type_guard undef
        uniq
    """,
    "gof.vm": "CVM Loop LoopGC Stack VM_Linker",
    "gpuarray": """
        ctc elemwise fft fp16_help get_context gpuarray_shared_constructor
        kernel_codegen linalg list_contexts neighbours nnet opt opt_util pool
        reg_context subtensor use
    """,
    "gpuarray.basic_ops": """
        GpuKernelBase HideC Kernel as_gpuarray_variable gpu_contiguous
        gpuarray_helper_inc_dir infer_context_name
    """,
    "gpuarray.blas": "GpuCorrMM",
    "gpuarray.dnn": """
        RNNBlock dnn_batch_normalization_test dnn_batch_normalization_train
        dnn_conv dnn_conv3d dnn_pool dnn_softmax dnn_spatialtf
    """,
    "gpuarray.type": """
        GpuArraySharedVariable GpuArrayType get_context gpu_context_type
        gpuarray_shared_constructor list_contexts reg_context
    """,
    "gradient": "grad_time mode_not_slow",
    "misc": """
        check_blas cpucount doubleop elemwise_openmp_speedup frozendict
        may_share_memory windows
    """,
    "misc.ordered_set": "OrderedSet",
    "misc.pkl_utils": "CompatUnpickler StripPickler zipadd",
    "misc.pycuda_utils": "to_gpuarray",
    "misc.strutil": "render_string",
    "printing": """
        _TagGenerator greek pydot_imported pydot_imported_msg
        pydotprint_variables
    """,
    "sandbox": """
        blocksparse conv debug minimal neighbourhoods solve symbolic_module
        theano_object
    """,
    "sandbox.cuda": """
        CudaNdarray CudaNdarrayType GpuOp active_device_name
        active_device_number as_cuda_ndarray_variable blocksparse cuda_ndarray
        float32_shared_constructor ftensor4 gpu_from_host host_from_gpu mem_info
        nvcc_compiler opt shared_constructor unuse use
    """,
    "sandbox.cuda.basic_ops": """
        HostFromGpu as_cuda_ndarray_variable gpu_alloc_empty gpu_contiguous
        gpu_from_host host_from_gpu
    """,
    "sandbox.cuda.dnn": """
        GpuDnnConv GpuDnnConvDesc GpuDnnConvGradI dnn_batch_normalization_test
        dnn_batch_normalization_train dnn_conv dnn_pool
    """,
    "sandbox.cuda.rng_curand": "CURAND_RandomStreams",
    "sandbox.cuda.type": "CudaNdarrayType",
    "sandbox.cuda.var": "CudaNdarrayVariable float32_shared_constructor",
    "sandbox.fourier": "dct_matrix fft half_fft half_ifft ifft",
    "sandbox.gpuarray": "dnn",
    "sandbox.linalg": """
        Hint HintsFeature det hints is_psd kron matrix_inverse psd
        spectral_radius_bound
    """,
    "sandbox.linalg.ops": """
        Det alloc_diag cholesky det diag eig eigh extract_diag kron matrix_dot
        matrix_inverse pinv qr solve svd
    """,
    "sandbox.multinomial": """
        ChoiceFromUniform MultinomialFromUniform
        MultinomialWOReplacementFromUniform
    """,
    "sandbox.neighbours": "Images2Neibs images2neibs neibs2images",
    "sandbox.rng_mrg": """
        DotModulo M1 M2 MRG_RandomStreams guess_n_streams mrg_uniform
        mrg_uniform_base multMatVect
    """,
    "scalar": """
        BinaryScalarOp ComplexError Composite Identity IntegerDivisionError
        Scalar ScalarConstant ScalarOp ScalarVariable UnaryScalarOp abs_ add
        all_types and_ angle arccos arccosh arcsin arcsinh arctan arctan2
        arctanh as_common_dtype as_scalar autocast_float autocast_float_as
        autocast_int basic_sympy bool cast ceil chi2sf clip complex complex128
        complex64 complex_from_polar complex_types complexs conj constant
        continuous_types convert convert_to_bool convert_to_complex128
        convert_to_complex64 convert_to_float16 convert_to_float32
        convert_to_float64 convert_to_int16 convert_to_int32 convert_to_int64
        convert_to_int8 convert_to_uint16 convert_to_uint32 convert_to_uint64
        convert_to_uint8 cos cosh deg2rad discrete_types eq erf erfc erfinv exp
        float16 float32 float64 float_out float_types floats floor gamma
        gammainc gammaincc gammaln ge get_scalar_type gt i0 i1 identity imag
        inclosedrange inopenrange int16 int32 int64 int8 int_div int_out
        int_types integer_types ints inv invert isinf isnan iv j0 j1 jv le log
        lt maximum minimum mod mul neg neq or_ pow psi rad2deg real real_out
        round_half_away_from_zero round_half_to_even same_out same_out_nocomplex
        second sgn sharedvar sin sinh specific_out sqr sqrt sub switch tan tanh
        transfer_type tri_gamma true_div trunc uint16 uint32 uint64 uint8
        uint_types unary_out_lookup upcast_out upgrade_to_float
        upgrade_to_float_no_complex xor
    """,
    "scalar.basic": """
        BinaryScalarOp Composite Identity Scalar ScalarOp UnaryScalarOp
        all_types as_scalar same_out_nocomplex
    """,
    "scalar.basic_scipy": "GammaLn Psi",
    "scan_module.scan_utils": """
        compress_outs infer_shape map_variables scan_args scan_can_remove_outs
        traverse
    """,
    "sparse": """
        CSC CSM CSR SparseConstant SparseType SparseVariable add as_sparse
        as_sparse_or_tensor_variable as_sparse_variable bsr_matrix cast clean
        col_scale csc_dmatrix csc_fmatrix csc_from_dense csc_matrix csm_data
        csm_indices csm_indptr csm_properties csm_shape csr_dmatrix csr_fmatrix
        csr_from_dense csr_matrix dense_from_sparse diag dot enable_sparse
        ensure_sorted_indices hstack matrix mul neg remove0 row_scale
        sampling_dot sp_ones_like sp_sum sp_zeros_like square_diagonal
        structured_add structured_dot structured_exp structured_log
        structured_maximum structured_minimum structured_pow structured_sigmoid
        sub tests transpose true_dot usmm vstack
    """,
    "sparse.basic": """
        SparseType _is_sparse_variable as_sparse as_sparse_variable csc_matrix
        csr_matrix dot hstack sp_sum structured_dot structured_exp vstack
    """,
    "sparse.sandbox.sp2": "sampling_dot",
    "tensor": """
        AdvancedBooleanIncSubtensor AdvancedBooleanIndexingError
        AdvancedBooleanSubtensor AdvancedIncSubtensor1 AdvancedIndexingError
        AdvancedSubtensor1 AllocDiag ArgSortOp CAReduce Choose Default Diag
        Diagonal ExtractDiag LoadFromDisk MPIRecv MPIRecvWait MPISend
        MPISendWait MakeSlice MaxAndArgmax Mean NoneConst NoneTypeT Nonzero
        PermuteRowElements ScalarFromTensor Shape SliceConstant SliceType SortOp
        TensorConstantSignature TensorFromScalar TopKOp
        advanced_boolean_subtensor advanced_inc_subtensor advanced_set_subtensor
        advanced_set_subtensor1 advanced_subtensor advanced_subtensor1 argsort
        argtopk as_index_variable bartlett bincount chi2sf choose complex_types
        constant_or_value cov cumprod cumsum default deprecated div_proxy erf
        erfc erfcinv erfcx erfinv fill_diagonal fill_diagonal_offset float_types
        gamma gammainc gammaincc gammal gammaln gammau get_canonical_form_slice
        get_idx_list i0 i1 int_types irecv isend iv j0 j1 jv load make_slice
        mpi_enabled none_type_t old_shape permute_row_elements psi randomstreams
        ravel_multi_index recv register_transfer send setdefault slicetype tests
        topk topk_and_argtopk tri_gamma unravel_index
    """,
    "tensor.basic": "AsTensorError NotScalarConstantError Shape _allclose hashtype",
    "tensor.blas": "Dot22 Dot22Scalar Gemv Ger gemm_inplace gemv_inplace ger ldflags",
    "tensor.elemwise": "All Any CAReduce CAReduceDtype ProdWithoutZeros",
    "tensor.extra_ops": """
        Bartlett CpuContiguous CumOp DiffOp FillDiagonal FillDiagonalOffset
        RavelMultiIndex RepeatOp SearchsortedOp Unique UnravelIndex bartlett
        bincount cpu_contiguous cumprod cumsum fill_diagonal
        fill_diagonal_offset ravel_multi_index searchsorted unravel_index
    """,
    "tensor.fft": "irfft irfft_op rfft rfft_op",
    "tensor.fourier": "Fourier fft",
    "tensor.inplace": """
        abs__inplace add_inplace and__inplace angle_inplace arccos_inplace
        arccosh_inplace arcsin_inplace arcsinh_inplace arctan2_inplace
        arctan_inplace arctanh_inplace ceil_inplace clip_inplace conj_inplace
        cos_inplace cosh_inplace deg2rad_inplace eq_inplace erf_inplace
        erfc_inplace exp2_inplace exp_inplace expm1_inplace floor_inplace
        ge_inplace gt_inplace imag_inplace int_div_inplace inv_inplace
        invert_inplace le_inplace log10_inplace log1p_inplace log2_inplace
        log_inplace lt_inplace maximum_inplace minimum_inplace mod_inplace
        mul_inplace neg_inplace neq_inplace or__inplace pow_inplace
        rad2deg_inplace real_inplace round_half_away_from_zero_inplace
        round_half_to_even_inplace second_inplace sgn_inplace sin_inplace
        sinh_inplace sqr_inplace sqrt_inplace sub_inplace switch_inplace
        tan_inplace tanh_inplace true_div_inplace trunc_inplace xor_inplace
    """,
    "tensor.io": """
        LoadFromDisk MPIRecv MPIRecvWait MPISend MPISendWait irecv isend load
        mpi_cmps mpi_enabled mpi_keys mpi_send_wait_key mpi_tag_key recv send
    """,
    "tensor.nlinalg": """
        AllocDiag Det Eig Eigh ExtractDiag MatrixInverse MatrixPinv QRFull
        QRIncomplete SVD TensorInv TensorSolve alloc_diag det eig eigh
        extract_diag lstsq matrix_dot matrix_inverse matrix_power norm pinv qr
        svd tensorinv tensorsolve
    """,
    "tensor.nnet": """
        Conv3D CrossentropyCategorical1Hot CrossentropyCategorical1HotGrad
        CrossentropySoftmax1HotWithBiasDx CrossentropySoftmaxArgmax1HotWithBias
        Prepend_scalar_constant_to_each_row Prepend_scalar_to_each_row
        ScalarSoftsign SoftmaxGrad SoftmaxWithBias causal_conv1d
        confusion_matrix conv2d conv2d_transpose conv3d
        crossentropy_categorical_1hot_grad
        crossentropy_softmax_1hot_with_bias_dx h_softmax logsoftmax_op
        prepend_0_to_each_row prepend_1_to_each_row prepend_scalar_to_each_row
        scalar_sigmoid scalar_softsign separable_conv2d sigmoid_inplace
        softmax_grad softmax_graph softmax_op softmax_simplifier softminus
    """,
    "tensor.nnet.abstract_conv": """
        AbstractConv2d AbstractConv2d_gradInputs AbstractConv2d_gradWeights
        AbstractConv3d AbstractConv3d_gradInputs AbstractConv3d_gradWeights
        assert_conv_shape bilinear_kernel_1D bilinear_kernel_2D
        bilinear_upsampling border_mode_to_pad causal_conv1d conv2d
        conv2d_grad_wrt_inputs conv2d_grad_wrt_weights conv3d
        conv3d_grad_wrt_inputs conv3d_grad_wrt_weights frac_bilinear_upsampling
        get_conv_gradinputs_shape get_conv_gradweights_shape
        get_conv_output_shape get_conv_shape_1axis separable_conv2d
        separable_conv3d
    """,
    "tensor.nnet.blocksparse": """
        SparseBlockGemv SparseBlockOuter sparse_block_dot sparse_block_gemv
        sparse_block_gemv_inplace sparse_block_outer sparse_block_outer_inplace
    """,
    "tensor.nnet.bn": """
        AbstractBatchNormInference AbstractBatchNormTrain
        AbstractBatchNormTrainGrad
    """,
    "tensor.nnet.conv": "ConvOp conv2d",
    "tensor.nnet.conv3d2d": "conv3d",
    "tensor.nnet.corr": "CorrMM CorrMM_gradInputs CorrMM_gradWeights",
    "tensor.nnet.ctc": "ConnectionistTemporalClassification ctc ctc_available",
    "tensor.nnet.neighbours": "Images2Neibs images2neibs neibs2images",
    "tensor.nnet.nnet": """
        confusion_matrix h_softmax prepend_1_to_each_row softmax_grad softmax_op
    """,
    "tensor.nnet.sigm": "ScalarSigmoid scalar_sigmoid",
    "tensor.opt": """
        Canonizer FusionOptimizer ShapeFeature ShapeOptimizer Shape_i
        constant_folding
    """,
    "tensor.raw_random": """
        RandomFunction RandomStateType RandomStreamsBase _infer_ndim_bcast
        binomial choice multinomial normal permutation poisson random_integers
        random_state_type uniform
    """,
    "tensor.shared_randomstreams": "RandomStateSharedVariable RandomStreams",
    "tensor.signal.conv": "conv2d",
    "tensor.signal.downsample": "DownsampleFactorMax max_pool_2d max_pool_2d_same_size",
    "tensor.signal.pool": """
        AveragePoolGrad MaxPoolGrad MaxPoolRop Pool PoolGrad
        max_pool_2d_same_size pool_2d pool_3d
    """,
    "tensor.slinalg": """
        Cholesky CholeskyGrad Eigvalsh Expm MATRIX_STRUCTURES Solve cholesky
        eigvalsh expm imported_scipy kron solve solve_lower_triangular
        solve_symmetric solve_upper_triangular
    """,
    "tensor.sort": "ArgSortOp SortOp TopKOp argsort argtopk sort topk topk_and_argtopk",
    "tensor.subtensor": """
        AdvancedIncSubtensor1 AdvancedSubtensor1 as_index_variable
        get_canonical_form_slice get_idx_list
    """,
    "tensor.utils": "hash_from_ndarray shape_of_variables",
    "tensor.var": "TensorConstantSignature",
    "tests": "test_rop",
    "tests.breakpoint": "PdbBreakpoint",
    "tests.disturb_mem": "disturb_mem",
    "tests.unittest_tools": """
        AttemptManyTimes InferShapeTester MockRandomState T_OpContractMixin
        TestOptimizationMixin WrongValue str_diagnostic
    """,
    "typed_list": """
        TypedListType TypedListVariable append count extend getitem index_
        insert length make_list remove reverse
    """,
    "updates": "Updates",
}
