"""What a turn costs: each attempt is paid once, by the answer that it was made for."""

from edge_agent.app.costs import BILLS_MAX, Costs, Try


def spent(costs, cpu_ms, what=Try.DRAFT):
    bill = costs.open(what)
    bill.cpu_ms = cpu_ms
    return bill


def settled(costs, answer, used):
    told = costs.settle(answer, used)
    return told.all_ms, told.thrown_ms


def test_what_did_not_go_into_the_answer_was_thrown_away_and_it_is_told_what_it_was():
    costs = Costs()
    spent(costs, 5, Try.GLANCE)
    glance = spent(costs, 10, Try.GLANCE)
    spent(costs, 20)
    spent(costs, 3, Try.READING)
    spent(costs, 4, Try.READING)
    answer = spent(costs, 40)
    thrown = {Try.GLANCE: 5, Try.DRAFT: 20, Try.READING: 7}
    assert settled(costs, answer, [answer, glance]) == (82, thrown)


def test_work_that_began_after_the_answer_is_the_next_turns():
    costs = Costs()
    answer, later, following = spent(costs, 10), spent(costs, 20), spent(costs, 40)
    assert settled(costs, answer, [answer]) == (10, {})
    assert settled(costs, following, [following, later]) == (60, {})


def test_an_answer_is_settled_once():
    costs = Costs()
    answer = spent(costs, 10)
    costs.settle(answer, [answer])
    later = spent(costs, 20)
    assert settled(costs, answer, [answer]) == (0, {})
    assert settled(costs, later, [later]) == (20, {})


def test_noises_that_nobody_answers_do_not_pile_up():
    costs = Costs()
    for _ in range(2 * BILLS_MAX):
        spent(costs, 1)
    answer = spent(costs, 1)
    assert settled(costs, answer, [answer]) == (BILLS_MAX, {Try.DRAFT: BILLS_MAX - 1})
