"""What rewrites tell: `f.explain()`, and the lines of `optimizer_verbose`."""

import theanolike as theano
import theanolike.tensor as T

x, y = T.dvectors("x", "y")


def test_explain_names_the_rewrites_of_a_node_their_equations_and_its_line():
    f = theano.function([x, y], T.log(1 + T.exp(x)) * y)
    lines = f.explain().splitlines()
    place = lines.index("#0 softplus(x)")
    assert lines[0].startswith("4 nodes became 2 in ")
    below = lines[place + 1 : lines.index("#1 (#0 * y)")]
    assert "    log_of_one_plus_exp: log(1 + exp(x)) = softplus(x)." in below
    assert below[-1].startswith(f"    written at {__file__}:")
    assert lines[-1] == "outputs: #1"


def test_explain_says_that_nothing_was_rewritten():
    f = theano.function([x], T.exp(x), mode=theano.Mode(optimizer=None))
    assert f.explain().splitlines() == [
        "1 nodes; nothing was rewritten",
        "#0 exp(x)",
        "outputs: #0",
    ]


def test_optimizer_verbose_prints_each_rewrite_as_it_fires(capsys):
    with theano.config.change_flags(optimizer_verbose=True):
        theano.function([x], T.log(1 + x), mode="FAST_RUN")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(
        "log((TensorConstant{1} + x)) -> log1p(x) "
        f"by log_of_one_plus: log(1 + x) = log1p(x). at {__file__}:"
    )
    theano.function([x], T.log(1 + x))
    assert capsys.readouterr().out == ""
