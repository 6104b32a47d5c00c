"""What people send, checked; each message names the field, its value and what would be right."""

from typing import Any

from django import forms

from explorer.services import projects
from training import extensions


class _Plain(forms.Form):
    """A form whose errors can be said in plain lines."""

    def messages(self) -> list[str]:
        """Every error in one line each, "field='value': message"."""
        return [
            f"{field}={self.data.get(field)!r}: {message}"
            for field, errors in self.errors.items()
            for message in errors
        ]


class _WholeNumber(forms.IntegerField):
    """An integer whose refusal names itself and what was sent."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._name = name

    def to_python(self, value: Any) -> int | None:
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            raise forms.ValidationError(f"{self._name}={value!r} is not a whole number") from error


class NewProject(forms.Form):
    """The new-project page; the checks are those of the service, so every road says the same."""

    name = forms.CharField(max_length=100, help_text="How your team will call this exploration.")
    task = forms.ChoiceField(help_text="What the model shall learn, and how it is measured.")
    base_model = forms.CharField(
        max_length=500,
        initial="trex-tiny",
        help_text="trex-tiny (comes with the product), a folder with a model, or the id of a model in the local cache.",
    )
    node_budget = _WholeNumber(
        "node_budget", initial=12, help_text="How many recipes the search may train."
    )
    policy = forms.ChoiceField(
        initial="uct", help_text="How the search picks the node to expand next."
    )
    parallel_runs = _WholeNumber(
        "parallel_runs", initial=2, help_text="How many recipes may train at the same time."
    )

    reuse = forms.BooleanField(
        initial=True,
        required=False,
        label="Reuse results",
        help_text="Take the result of an identical experiment instead of running it again, and let the Researcher go on "
        "from what a parent trained where that still holds.",
    )
    early_stopping = forms.BooleanField(
        required=False,
        label="Stop hopeless runs",
        help_text="Score each model at 25, 50 and 75 % of its training, and stop it when it is below the median of "
        "at least 5 finished trials at that point. Can be switched later.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"] = _Choice(
            choices=[(name, projects.task_facts(name)["title"]) for name in projects.tasks()],
            help_text=self.fields["task"].help_text,
        )
        self.fields["policy"] = _Choice(
            choices=[(name, name) for name in extensions.names(projects.POLICIES)],
            initial="uct",
            help_text=self.fields["policy"].help_text,
        )

    def clean(self) -> dict[str, Any]:
        """The service's own checks, each message at its field."""
        cleaned = super().clean() or {}
        if not self.errors:
            for field, message in projects.problems(self.draft()).items():
                self.add_error(field if field in self.fields else None, message)
        return cleaned

    def draft(self) -> projects.Draft:
        """What the service is asked for."""
        return projects.Draft(**self.cleaned_data)


class _Choice(forms.ChoiceField):
    """A select whose value is judged by the service, which says what would be right."""

    def valid_value(self, value: Any) -> bool:
        return True


class ActForm(_Plain):
    """Any act: a reason, if one is given."""

    reason = forms.CharField(required=False, max_length=1000)


class ExpandForm(_Plain):
    """A forced expansion."""

    count = forms.IntegerField(initial=1)
    instruction = forms.CharField(required=False, max_length=4000)


class EventQuery(_Plain):
    """Parameters of a page of events."""

    after = forms.IntegerField(required=False, min_value=0)
    node = forms.IntegerField(required=False, min_value=0)
    kind = forms.CharField(required=False, max_length=500)
    limit = forms.IntegerField(required=False, min_value=1, max_value=2000)

    def arguments(self) -> dict[str, Any]:
        """Arguments for `event_log.events`."""
        kinds = [kind for kind in self.cleaned_data["kind"].split(",") if kind]
        return {
            "after": self.cleaned_data["after"] or 0,
            "node": self.cleaned_data["node"],
            "kinds": kinds or None,
            "limit": self.cleaned_data["limit"] or 500,
        }
