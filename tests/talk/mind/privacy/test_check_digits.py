"""Check digits, by the examples of those who issue them."""

import pytest

from edge_agent.talk.mind.privacy import checks


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (checks.luhn, "4111111111111111"),
        (checks.luhn, "378282246310005"),
        (checks.luhn, "046454286"),
        (checks.iban, "GB29NWBK60161331926819"),
        (checks.iban, "DE89370400440532013000"),
        (checks.verhoeff, "2363"),
        (checks.cpf, "11144477735"),
        (checks.dni, "12345678Z"),
        (checks.dni, "X1234567L"),
        (checks.nir, "255081416802538"),
    ],
)
def test_the_example_is_right_and_no_other_last_letter_is(check, right):
    assert check(right)
    others = "0123456789" if right[-1].isdecimal() else "TRWAGMYFPDXBNJZSQVHLCKE"
    assert [letter for letter in others if check(right[:-1] + letter)] == [right[-1]]


@pytest.mark.parametrize("number", ["2125550142", "12125550142", "8005550147"])
def test_north_american_numbers(number):
    assert checks.nanp(number)


@pytest.mark.parametrize("number", ["1125550142", "2121550142", "9115550142", "212555014", "22125550142"])
def test_what_no_north_american_number_looks_like(number):
    assert not checks.nanp(number)


def test_prefixes_of_national_insurance_numbers():
    assert checks.nino("AB123456C")
    assert checks.nino("QQ123456C")
    assert not checks.nino("GB123456C")
    assert not checks.nino("DA123456C")


def test_lengths_of_cards_by_their_first_digits():
    assert checks.card_lengths("3782")[0] == 15
    assert checks.card_lengths("4111")[0] == 16
    assert checks.card_lengths("9999") == ()
