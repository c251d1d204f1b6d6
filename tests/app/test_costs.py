"""What a turn costs: each attempt is paid once, by the answer that it was made for."""

from edge_agent.app.costs import BILLS_MAX, Costs


def spent(costs, cpu_ms):
    bill = costs.open()
    bill.cpu_ms = cpu_ms
    return bill


def test_what_did_not_go_into_the_answer_was_thrown_away():
    costs = Costs()
    glance, _dropped, answer = spent(costs, 10), spent(costs, 20), spent(costs, 40)
    assert costs.settle(answer, [answer, glance]) == (70, 20)


def test_work_that_began_after_the_answer_is_the_next_turns():
    costs = Costs()
    answer, later, following = spent(costs, 10), spent(costs, 20), spent(costs, 40)
    assert costs.settle(answer, [answer]) == (10, 0)
    assert costs.settle(following, [following, later]) == (60, 0)


def test_an_answer_is_settled_once():
    costs = Costs()
    answer = spent(costs, 10)
    costs.settle(answer, [answer])
    later = spent(costs, 20)
    assert costs.settle(answer, [answer]) == (0, 0)
    assert costs.settle(later, [later]) == (20, 0)


def test_noises_that_nobody_answers_do_not_pile_up():
    costs = Costs()
    for _ in range(2 * BILLS_MAX):
        spent(costs, 1)
    answer = spent(costs, 1)
    assert costs.settle(answer, [answer]) == (BILLS_MAX, BILLS_MAX - 1)
