"""Which profile a machine is given whose owner named none."""

import pytest

from edge_agent.base.settings import ModelSettings
from edge_agent.supply.catalogue import Kind, load
from edge_agent.supply.fitting import fitting

X86 = "processor\t: 0\nflags\t\t: fpu sse2 avx avx2 {}\n"


@pytest.mark.parametrize(
    ("told", "profile"),
    [
        (X86.format("avx512f avx512_vnni"), "standard"),
        (X86.format("avx_vnni"), "standard"),
        (X86.format(""), "tiny"),
        (X86.format("no_avx_vnni_here"), "tiny"),
        ("processor\t: 0\nFeatures\t: fp asimd asimddp\n", "tiny"),
        ("", "tiny"),
    ],
)
def test_the_larger_models_are_for_processors_with_fast_products_of_8_bits(tmp_path, told, profile):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(told)
    assert fitting(cpuinfo) == profile


def test_where_nothing_is_told_of_the_processor_the_smaller_models_are_taken(tmp_path):
    assert fitting(tmp_path / "cpuinfo") == "tiny"


def test_the_profile_that_fits_is_the_default_and_one_that_is_named_is_taken_as_named():
    catalogue = load()
    assert catalogue.chosen(ModelSettings()) == catalogue.profile(fitting())
    assert catalogue.chosen(ModelSettings(profile="standard"))[Kind.STT].name == "whisper-base"
