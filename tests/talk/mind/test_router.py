from edge_agent.talk.mind.router import Route, route
from edge_agent.talk.mind.skills import Skills


def test_a_command_is_answered_by_the_skill_that_understood_it():
    text = "What time is it?"
    plan = route(text, Skills().understand(text))
    assert plan.route is Route.SKILL
    assert "Time" in plan.reason


def test_everything_else_goes_to_the_model_on_the_device():
    plan = route("why is the sky blue", None)
    assert plan.route is Route.LOCAL
    assert "5 words" in plan.reason
