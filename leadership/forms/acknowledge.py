"""What a reader fills in: the answer to the question of a campaign, and at a shared device who he or she is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadership.models import AcknowledgementCampaign


class ReadForm(forms.Form):
    """The reader's word, with the answer to the campaign's question if there is one."""

    language = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(self, *args: Any, campaign: AcknowledgementCampaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if campaign.question:
            choices = [(text, text) for text in campaign.choices]
            self.fields["answer"] = (
                forms.ChoiceField(
                    label=campaign.question,
                    choices=choices,
                    widget=forms.RadioSelect,
                    error_messages={"required": _("Choose an answer.")},
                )
                if choices
                else forms.CharField(
                    label=campaign.question,
                    max_length=400,
                    widget=forms.Textarea(attrs={"rows": 3}),
                    error_messages={"required": _("Answer the question in a few words.")},
                )
            )


class NameAndPinForm(forms.Form):
    """Who is at the shared device; nobody is listed."""

    name = forms.CharField(
        label=_("Your name"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "As on the list of people, or your e-mail address. If somebody else has your name, add a comma and your "
            "job title or area: “Ana Pop, Goods in”."
        ),
    )  # fmt: skip
    pin = forms.CharField(
        label=_("Your PIN"), max_length=12,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
