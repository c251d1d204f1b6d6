from edge_agent.talk.mind.router import Cloud, Route, Situation, route
from edge_agent.talk.mind.skills import Skills


def test_a_command_is_answered_by_the_skill_that_understood_it():
    text = "What time is it?"
    plan = route(Situation(text, Skills().understand(text), Cloud()))
    assert plan.route is Route.SKILL
    assert "Time" in plan.reason


def test_everything_else_goes_to_the_model_on_the_device():
    plan = route(Situation("why is the sky blue"))
    assert plan.route is Route.LOCAL
    assert "5 words" in plan.reason


def test_or_to_the_cloud_where_there_is_one_that_can_be_asked_and_paid():
    assert route(Situation("why", cloud=Cloud())).route is Route.CLOUD
    for situation in (Situation("why", cloud=Cloud(open=False)), Situation("why", cloud=Cloud(), budget=0.0)):
        assert route(situation).route is Route.LOCAL
