"""How guards talk, in German. Only text and its holes."""

from __future__ import annotations

from protocol.guard import ShipType

HULLS = {
    ShipType.ESCAPE_POD: "Rettungskapsel",
    ShipType.LIGHT_FREIGHTER: "Leichter Frachter",
    ShipType.SCOUT_SHIP: "Aufklärer",
    ShipType.FAST_COURIER: "Schneller Kurier",
    ShipType.CARGO_HAULER: "Schwertransporter",
    ShipType.DEFENDER: "Abfangjäger",
    ShipType.COLONY_SHIP: "Kolonieschiff",
    ShipType.CARRIER: "Trägerschiff",
}

# Posts, not persons: they stand beside any name.
TITLES = {
    "Security Officer": "Hafensicherheit",
    "Guard": "Wache",
    "Security Chief": "Leitung der Hafensicherheit",
    "Station Inspector": "Stationsaufsicht",
    "Docking Authority": "Dockaufsicht",
    "Customs Officer": "Zoll",
}

# A guard's trait, as it is named beside the guard, whoever that is.
CHARACTERS = {
    "Friendly Veteran": "freundlich, altgedient",
    "Tired Night-Shifter": "müde von der Nachtschicht",
    "Shrewd Investigator": "scharfsinnig",
    "Cynical Bureaucrat": "zynisch, papiergläubig",
    "Strict Rule-Follower": "streng nach Vorschrift",
    "Paranoid Newbie": "neu im Dienst, argwöhnisch",
}

# A guard's manner, by trait: {name} and {title} are known.
TRAITS = {
    "Friendly Veteran": "{name} ({title}) geht seit dreißig Jahren durch diese Docks und hört lieber eine gute Geschichte, als ein Formular auszufüllen.",
    "Tired Night-Shifter": "{name} ({title}) ist in der elften Stunde einer Zehnstundenschicht, und der Kaffee ist zweimal kalt geworden.",
    "Shrewd Investigator": "{name} ({title}) sagt wenig, hört alles und merkt sich die Stelle, die nicht passte.",
    "Cynical Bureaucrat": "{name} ({title}) hat zehntausend Papiere gestempelt und glaubt davon vielleicht neun.",
    "Strict Rule-Follower": "{name} ({title}) kennt die Dockordnung nach Paragrafen und will wissen, welcher das hier erlaubt.",
    "Paranoid Newbie": "{name} ({title}) trägt die Marke seit einer Woche und ist seither sicher, dass jemand etwas versuchen wird.",
}

SCENES = (
    "Kalte Luft, ein Zischen, und der Deckel des Kälteschlafbetts hebt sich. Man schreibt 2102, und dies ist die Werft am Rand der Kolonie Callisto. Ihr "
    "Kopf ist voller Nebel. Eine kleine orangefarbene Katze schießt zwischen Ihren Füßen hindurch und unter eine Kiste. Dann haben Sie eine Lampe im "
    'Gesicht. "{name}, {title}. Sie stehen in meinem Dock, und ich habe keinen Namen für Sie. Hinter mir liegen drei Schiffe. Welches ist Ihres?"',
    "Sie wachen auf vom Schlag der Klammern und vom Geruch verschmorten Eises. Die Werft am Rand von Callisto, auf einer flackernden Tafel das Jahr 2102. "
    "Etwas Kleines, Orangefarbenes, Wütendes rennt mit hohem Schwanz vorbei. Ein Stiefel verhindert, dass Sie darüber fallen; wem er gehört, der sieht "
    'nicht erfreut aus. "{name}, {title}. Heute Nacht kamen drei Schiffe herein und ein Fremder. Sagen Sie mir, in welchem Sie kamen."',
    "Das Auftauen tut weh. Lichter, Kräne, der lange Bogen der Werft von Callisto; 2102, sagt die Wand. Eine orangefarbene Katze mustert Sie von einer "
    'Schlauchrolle aus, entscheidet sich gegen Sie und flieht. "Guten Morgen, Schläfer", sagt die Gestalt mit der Schreibtafel. "{name}, {title}. Bevor '
    'Sie irgendwohin gehen: Welches dieser Schiffe nennen Sie Ihr eigenes?"',
)

# Put before a question, whoever asks. {contradiction} is the first one of the answer.
PRESSING = {
    "contradiction": (
        "Moment. {contradiction} Was stimmt denn nun? Und während Sie überlegen:",
        "Ich schreibe mit, wissen Sie. {contradiction} Also weiter.",
        "{contradiction} Das ist mir aufgefallen. Mir fällt so etwas auf.",
        "Halt. {contradiction} Das werden Sie geradebiegen wollen. Einstweilen:",
    ),
    "annoyed": (
        "Hüten Sie Ihre Zunge. Ich habe einen Stift, und Sie haben ein Problem.",
        "Noch einmal so, und wir machen das in der Zelle. Jetzt:",
        "Mich haben schon Bessere schlimmer genannt. Weiter.",
        "Das kommt ins Formular, Buchstabe für Buchstabe. Weiter.",
    ),
    "alarmed": (
        "Meine Hand liegt auf dem Alarm. Das muss jetzt gut werden.",
        "Davon glaube ich kein Wort. Eine Gelegenheit noch.",
        "Das war schlecht. Alles daran war schlecht. Noch einmal:",
        "Ich habe aufgehört zu schreiben. Geben Sie mir einen Grund, weiterzuschreiben.",
    ),
    "rising": (
        "Vor einer Minute waren Sie besser.",
        "Ich fange an, mich über Sie zu wundern.",
        "Je mehr Sie sagen, desto weniger gefällt es mir.",
    ),
}

# Put before a question, in the manner of the one who asks: doubt, a demand for a straight answer, and approval.
MANNERS: dict[str, dict[str, tuple[str, ...]]] = {
    "Friendly Veteran": {
        "doubt": ("Hm. Das habe ich schon besser erzählt bekommen.", "Ich würde Ihnen gern glauben. Helfen Sie einem alten Hasen."),
        "straight": ("Kommen Sie, unter uns beiden: eine klare Antwort.", "Keine Landschaft mehr, mein Bester. Nur noch den Weg."),
        "warm": (
            "Ha. So redet jemand, der dort war.",
            "Gut. Das kann ich mit reinem Gewissen ins Buch schreiben.",
            "So hätte es mein alter Skipper auch gesagt.",
        ),
    },
    "Tired Night-Shifter": {
        "doubt": ("Wunderbar. So jemand.", "Ich hatte auf eine Antwort gehofft, die ich einfach hinschreiben kann."),
        "straight": (
            "Kurz und klar, bitte. Meine Ablösung ist zu spät, und ich bin es auch.",
            "Eine Zeile. Auf dem Formular ist Platz für eine Zeile.",
        ),
        "warm": (
            "Schön. Das passt ins Feld.",
            "Gut. Fast fertig, ich rieche schon mein Bett.",
            "Sie machen es mir leicht. Bitte weiter so.",
        ),
    },
    "Shrewd Investigator": {
        "doubt": (
            "Interessant. Nicht überzeugend, aber interessant.",
            "Sie haben etwas ausgelassen. Tun Sie das noch einmal, und ich frage, warum.",
        ),
        "straight": (
            "Sie antworten neben die Frage. Treffen Sie sie diesmal.",
            "Klar und deutlich jetzt. Ich vergleiche jedes Wort mit dem davor.",
        ),
        "warm": (
            "Das passt. Ich mag es, wenn etwas passt.",
            "Gut. Ich hatte mich gefragt, ob Sie das wissen.",
            "Da wollte ich Sie stolpern lassen. Sie sind nicht gestolpert.",
        ),
    },
    "Cynical Bureaucrat": {
        "doubt": ("So kann man es auch erzählen. Für den Rest gibt es ein Formular.", "Natürlich. Und ich bin die Hafenkatze."),
        "straight": (
            "Meine Geduld hat eine letzte Seite, und auf der sind wir.",
            "Ersparen Sie mir die Prosa. In Feld sieben gehört eine Tatsache.",
        ),
        "warm": (
            "Bemerkenswert. Ein Satz, den ich nicht streichen muss.",
            "Nun. Das würde sogar eine Prüfung überstehen.",
            "Mir gehen die Gründe aus, an Ihnen zu zweifeln. Das mag ich nicht.",
        ),
    },
    "Strict Rule-Follower": {
        "doubt": ("Diese Antwort ist nicht vorgesehen.", "Paragraf vier verlangt Tatsachen. Ich habe noch keine gehört."),
        "straight": (
            "Sie sind verpflichtet, vollständig und zur Sache zu antworten. Tun Sie das.",
            "Die Vorschrift kennt Ja, Nein und Belege. Wählen Sie.",
        ),
        "warm": (
            "In Ordnung. Vermerkt.",
            "So will es Paragraf vier. Danke.",
            "Vollständig und zur Sache. Das ist selten.",
        ),
    },
    "Paranoid Newbie": {
        "doubt": ("Genau das würde jemand sagen, der etwas vorhat.", "Vor solchen Antworten hat man uns gewarnt. In der ersten Woche."),
        "straight": (
            "Keine Tricks! Antworten Sie einfach. Langsam, und die Hände bleiben, wo sie sind.",
            "Heraus damit, oder ich rufe jemanden. Die Nummer habe ich hier.",
        ),
        "warm": (
            "Oh. Das klingt tatsächlich richtig.",
            "Gut. Gut! Ich kann wieder atmen.",
            "Ein Glück. Sie klingen wirklich nach jemandem, der fliegt.",
        ),
    },
}

# The guard's last line, by how it ended and who says it. {ship} is what is awarded, {claimed} what was claimed, {credits} what comes with it.
CLOSINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "honest": {
        "Friendly Veteran": (
            "Die Kapsel. Dreißig Jahre, und Sie sagen es als Erster, ohne dass ich zweimal frage. Sie gehört Ihnen, und {credits} Credits, damit Sie essen.",
        ),
        "Tired Night-Shifter": (
            "Die Kapsel. Seien Sie gesegnet, das ist mein kürzestes Formular. {credits} Credits aus dem Rettungsfonds. Gute Nacht.",
        ),
        "Shrewd Investigator": (
            "Die Kapsel. Ich wusste es natürlich, aber ich hatte nicht erwartet, es zu hören. {credits} Credits; so viel ist Ehrlichkeit wert.",
        ),
        "Cynical Bureaucrat": (
            "Eine Rettungskapsel, und kein Märchen darum herum. Hier unterschreiben. {credits} Credits; geben Sie sie langsam aus.",
        ),
        "Strict Rule-Follower": (
            "Eine Kapsel, wahrheitsgemäß angegeben. Paragraf neunzehn gewährt Ihnen {credits} Credits. Läse nur jeder Paragraf neunzehn.",
        ),
        "Paranoid Newbie": (
            "Die Kapsel? Einfach so? Niemand sagt einfach die Wahrheit. {credits} Credits, und gehen Sie, bevor ich weiter darüber nachdenke.",
        ),
    },
    "SUCCESS": {
        "Friendly Veteran": (
            "Das war einmal eine Geschichte. Klammern los! Ihr Schiff: {ship}. Dazu {credits} Credits. Und Vorsicht mit der Katze beim Hinausgehen.",
            "Ich kannte jemanden, der redete wie Sie; flog auch gut. Ihr Schiff: {ship}. {credits} Credits liegen bereit.",
        ),
        "Tired Night-Shifter": (
            "Für diese Uhrzeit gut genug. {ship}, {credits} Credits, dort ist das Tor. Nicht knallen.",
            "Gestempelt. Ihr Schiff: {ship}. Ihre {credits} Credits. Mein Bett.",
        ),
        "Shrewd Investigator": (
            "Ich habe den Riss gesucht und nicht gefunden. Ihr Schiff also: {ship}. {credits} Credits. Ich werde mich an Sie erinnern.",
            "Es hält zusammen. Das tun die wenigsten. Ihr Schiff: {ship}; {credits} Credits stehen auf dem Konto.",
        ),
        "Cynical Bureaucrat": (
            "Ich glaube Ihnen, oder beinahe. Ihr Schiff: {ship}. {credits} Credits stehen auf dem Konto, und lassen Sie mich die Tinte nicht bereuen.",
            "Damit glaube ich zehn Papiere. {ship}, {credits} Credits, der Nächste.",
        ),
        "Strict Rule-Follower": (
            "Alle Voraussetzungen sind erfüllt. Freigegeben: {ship}. {credits} Credits wie vorgesehen. Fliegen Sie innerhalb der Linien.",
            "Geprüft, gegengezeichnet, freigegeben: {ship}, dazu {credits} Credits gegen Quittung.",
        ),
        "Paranoid Newbie": (
            "Es stimmt alles. Es stimmt wirklich alles! Ihr Schiff: {ship}, {credits} Credits. Lassen Sie das bitte keinen Fehler gewesen sein.",
            "Na gut. Ich glaube Ihnen. {ship}, {credits} Credits, und wenn jemand fragt: Ich war sehr streng.",
        ),
    },
    "PARTIAL_SUCCESS": {
        "Friendly Veteran": (
            "So knapp. Das Schiff ({claimed}) kann ich Ihnen nicht geben, aber gelogen hat heute Nacht niemand. Die Kapsel, und {credits} Credits für Ihr Benehmen.",
        ),
        "Tired Night-Shifter": (
            "Für dieses Schiff ({claimed}) nicht ganz. Für einen Bericht auch nicht, und Berichte sind Arbeit. Die Kapsel, {credits} Credits, fort mit Ihnen.",
        ),
        "Shrewd Investigator": (
            "Ein Haar zu wenig für dieses Schiff ({claimed}). Aber falsch war nichts, und ich habe gesucht. Die Kapsel gehört Ihnen, mit {credits} Credits.",
        ),
        "Cynical Bureaucrat": ("Nicht ganz genug ({claimed}). Kein Schaden, kein Vermerk: die Kapsel, mit {credits} Credits.",),
        "Strict Rule-Follower": (
            "Ein Punkt zu wenig ({claimed}). Die Vorschrift kennt kein Aufrunden, aber sie kennt Kulanz: die Kapsel, und {credits} Credits.",
        ),
        "Paranoid Newbie": (
            "Fast hätte ich es Ihnen gegeben ({claimed}). Fast! Nehmen Sie die Kapsel und {credits} Credits, und wir vergessen beide, wie knapp das war.",
        ),
    },
    "FAILURE": {
        "Friendly Veteran": (
            "Ich mag Sie, aber dieses Schiff ({claimed}) ist nicht Ihres. Zurück in die Kapsel; {credits} Credits, und der Form halber eine Notiz an die Föderation.",
        ),
        "Tired Night-Shifter": (
            "Nein. Und jetzt muss ich das auch noch aufschreiben, vielen Dank. Das Schiff ({claimed}) bleibt. Die Kapsel, {credits} Credits, Ihr Name im Bericht.",
        ),
        "Shrewd Investigator": (
            "So ein Schiff ({claimed}) haben Sie nie geflogen. Sie kamen in der Kapsel und gehen in ihr. {credits} Credits; meine Notizen bekommt die Föderation.",
        ),
        "Cynical Bureaucrat": (
            "Ich habe genug gehört. Das Schiff ({claimed}) bleibt in den Klammern. Zur Kapsel geht es dort; {credits} Credits, und Ihr Name in meinem Bericht.",
        ),
        "Strict Rule-Follower": (
            "Anspruch ({claimed}): abgelehnt. Ihnen werden die Kapsel und {credits} Credits zugewiesen. Die Föderation wird nach Paragraf sechs unterrichtet.",
        ),
        "Paranoid Newbie": (
            "Ich wusste es! Ich wusste es. Nicht Ihr Schiff ({claimed})! Kapsel, {credits} Credits, und die Föderation erfährt das noch heute.",
        ),
    },
    "caught": {
        "Friendly Veteran": (
            "Drei Geschichten, ein Mund. Dabei wollte ich Sie mögen. In die Kapsel; {credits} Credits, und die Föderation hört, wie Sie dazu kamen.",
        ),
        "Tired Night-Shifter": (
            "Sie sind nicht einmal mit sich selbst einig, und es ist noch nicht einmal Morgen. Die Kapsel, {credits} Credits, und ein Bericht mit Anlagen.",
        ),
        "Shrewd Investigator": (
            "Ihre Geschichte hat sich selbst gefressen, Seite für Seite; ich habe sie hier. Die Kapsel, {credits} Credits, eine Abschrift an die Föderation.",
        ),
        "Cynical Bureaucrat": (
            "Sie sind nicht einmal mit sich selbst einig. Die Kapsel, {credits} Credits, und eine Zeile im Buch, die uns beide überlebt.",
        ),
        "Strict Rule-Follower": (
            "Widersprüchliche Angaben gegenüber einer Amtsperson. Das ist Paragraf zwei. Die Kapsel, {credits} Credits, die Föderation wird unterrichtet.",
        ),
        "Paranoid Newbie": (
            "Das haben Sie vorhin anders gesagt! Ich habe es aufgeschrieben! Kapsel, {credits} Credits, und ich erzähle es jedem.",
        ),
    },
}
