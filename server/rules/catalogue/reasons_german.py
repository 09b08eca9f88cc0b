"""Why the guard thinks what it thinks, in German. Only text and its holes."""

from __future__ import annotations

# Why an answer came across as it did, by kind.
REASONS = {
    "detail": "Sie haben Einzelheiten genannt, die sich nachprüfen lassen.",
    "colour": "Sie haben gesprochen wie jemand, der dabei war.",
    "held": "Sie sind bei dem geblieben, was Sie schon gesagt hatten.",
    "relevant": "Sie haben auf die Frage geantwortet.",
    "offtopic": "Sie haben nicht auf die Frage geantwortet.",
    "hedge": "Sie haben sich nicht festlegen wollen.",
    "supposed": "Sie haben gesagt, was sein könnte, und nicht, was ist.",
    "undone": "Sie haben zurückgenommen, was Sie sagten.",
    "filler": "Sie haben Ihre Worte mit Füllseln gestreckt.",
    "brief": "Sie haben so gut wie nichts gesagt.",
    "courtesy": "Sie sind höflich geblieben.",
    "evasion": "Sie sind der Frage ausgewichen.",
    "ignorance": "Sie haben es nicht gewusst.",
    "plea": "Sie haben um Glauben gebeten, statt einen Grund zu nennen.",
    "insult": "Sie haben die Wache beleidigt.",
    "injection": "Sie haben an der Wache vorbei mit irgendeiner Maschine geredet.",
    "repetition": "Sie haben sich nur wiederholt.",
    "copied": "Sie haben die Frage als Antwort zurückgegeben.",
    "stuffed": "Sie haben Wörter aus einem Formular aneinandergereiht.",
    "nonsense": "Das ergab keinen Sinn.",
    "shouting": "Sie haben geschrien.",
    "admission": "Sie haben zugegeben, dass das Schiff nicht Ihres ist.",
    "contradiction": "Ihre Geschichte hat sich geändert.",
    "mismatch": "Das passt nicht zu dem Schiff, das Sie beanspruchen.",
    "cat": "Sie haben die Katze bemerkt. Die Wache mag diese Katze.",
}

# Why the talk ended as it did. {score} and {threshold} are percent, {claimed} is a hull.
ENDINGS = {
    "pod": "Sie haben die Wahrheit gesagt: Wer neu ist, kommt in einer Rettungskapsel.",
    "won": "Ihre Darstellung kam auf {score:.0f}\u00a0%, und diese Wache verlangte {threshold:.0f}\u00a0% für dieses Schiff ({claimed}).",
    "near": "Ihre Darstellung kam auf {score:.0f}\u00a0%; verlangt waren {threshold:.0f}\u00a0% für dieses Schiff ({claimed}). "
    "Nichts daran war falsch, also wird Ihnen nichts nachgetragen.",
    "lost": "Ihre Darstellung kam auf {score:.0f}\u00a0%, doch diese Wache verlangte {threshold:.0f}\u00a0% für dieses Schiff ({claimed}).",
    "caught": "Ihre Geschichte hat sich zu oft selbst widersprochen, um noch geglaubt zu werden, zu welchem Preis auch immer.",
    "bonus": "Sie haben so gut verhandelt, dass es sich unter Händlern herumsprechen wird.",
}

# What cannot be, in the player's own words: against what was said before, against the ship, and against the claim itself.
CHANGED = "Vorhin sagten Sie „{before}“, und jetzt „{after}“."
MISFIT = "„{word}“ passt nicht zu diesem Schiff ({ship})."
ADMITTED = "Sie haben dieses Schiff beansprucht ({ship}), und jetzt heißt es „{words}“."
