"""How people type in a hurry: "its been 2 hrs cuz u said so" is read as if it were spelled out. English and German."""

from __future__ import annotations

# Only what can hardly be anything else: "id", "ill" and "were" are words of their own, "ty" and "mon" are names.
_HABITS = {
    "you": "u ye yu", "your": "ur yr", "because": "cuz cos coz bc becuz", "about": "abt", "through": "thru", "though": "tho", "hours": "hrs", "years": "yrs",
    "minutes": "mins", "weeks": "wks", "yes": "yea yah aye", "no": "nope nah naw", "isnt": "aint", "please": "plz pls plx", "thanks": "thx tx", "tomorrow": "tmrw tmr tomorow tommorow",
    "tonight": "tonite", "yesterday": "yday ystrday yesterdy", "morning": "mornin mornig mornign", "night": "nite", "something": "smth sth somethin", "nothing": "nothin", "what": "wat wut",
    "people": "ppl", "tuesday": "tues", "wednesday": "weds", "thursday": "thurs thur", "friday": "fri", "give": "gimme", "going": "gonna goin", "want": "wanna",
    "arrived": "arived arrivd ariv", "registration": "registraton regestration", "freighter": "frieghter freightor frighter", "licence": "lisence liscence liscense", "business": "buisness bizness",
    "nichts": "nix nichs", "nicht": "nich ned", "habe": "hab", "gerade": "grad", "heute": "heut", "eine": "ne", "einen": "nen", "etwas": "bissl", "schon": "scho", "ich": "isch",
}  # fmt: skip
HABITS = {typed: word for word, some in _HABITS.items() for typed in some.split()}


def spelled(word: str) -> str:
    """A folded word as it is spelled: spelled("hrs") == "hours"."""
    return HABITS.get(word, word)
