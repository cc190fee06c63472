"""From a function graph to C++ text: loop program, schedule, memory, emission.

It never names an op; `lowering` is what ops may use. See README.md.
"""
