"""The pages a shop floor sees: those whose every text also ships in Spanish (locale/es).

`make translations` collects their texts; tests/contracts/test_translations.py fails for one that is missing.
"""

from __future__ import annotations

from pathlib import Path

PATTERNS = (
    "templates/leadership/log_*.html",
    "templates/leadership/people_words.html",
    "templates/leadership/offline_page.html",
    "templates/leadership/home*.html",
    "templates/leadership/acknowledge_*.html",
    "templates/leadership/corroboration_[acqt]*.html",
    "templates/objectives/idea_*.html",
    "templates/objectives/promise_[acqt]*.html",
    "templates/qms/area_code*.html",
    "templates/qms/language_form.html",
    "templates/account/login.html",
    "templates/account/logout.html",
    "templates/mfa/authenticate.html",
    "templates/base*.html",
    "templates/components/bottom_bar.html",
    "templates/components/confirm_dialog.html",
    "templates/components/empty_state.html",
    "templates/components/error_summary.html",
    "templates/components/messages.html",
    "templates/components/plain_form.html",
    "templates/components/queue.html",
    "templates/components/sidebar.html",
    "templates/components/top_bar.html",
    "templates/components/when.html",
    "leadership/forms/acknowledge.py",
    "leadership/forms/corroboration.py",
    "leadership/forms/log.py",
    "leadership/forms/person_entry.py",
    "leadership/services/acknowledgement_link.py",
    "leadership/services/corroboration.py",
    "leadership/services/home.py",
    "leadership/views/acknowledge.py",
    "leadership/views/log.py",
    "objectives/forms/idea.py",
    "objectives/forms/promise.py",
    "qms/navigation.py",
)


def files(root: Path) -> list[Path]:
    """The files below ``root`` whose texts are translated, in order."""
    return sorted({path for pattern in PATTERNS for path in root.glob(pattern)})
