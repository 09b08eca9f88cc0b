"""How guards talk, in English. Only text and its holes."""

from __future__ import annotations

from protocol.guard import ShipType

HULLS = {
    ShipType.ESCAPE_POD: "Escape Pod",
    ShipType.LIGHT_FREIGHTER: "Light Freighter",
    ShipType.SCOUT_SHIP: "Scout Ship",
    ShipType.FAST_COURIER: "Fast Courier",
    ShipType.CARGO_HAULER: "Cargo Hauler",
    ShipType.DEFENDER: "Defender",
    ShipType.COLONY_SHIP: "Colony Ship",
    ShipType.CARRIER: "Carrier",
}

# The titles of domain.md 2.2 are English already.
TITLES: dict[str, str] = {}

# A guard's trait, as it is named beside the guard. Its key is the exact one.
CHARACTERS: dict[str, str] = {}

# A guard's manner, by trait: {name} and {title} are known.
TRAITS = {
    "Friendly Veteran": "{title} {name} has walked these docks for thirty years and would rather hear a good story than fill in a form.",
    "Tired Night-Shifter": "{title} {name} is eleven hours into a ten-hour shift, and the coffee has gone cold twice.",
    "Shrewd Investigator": "{title} {name} says little, listens to all of it, and remembers the part that did not fit.",
    "Cynical Bureaucrat": "{title} {name} has stamped ten thousand papers and believes perhaps nine of them.",
    "Strict Rule-Follower": "{title} {name} knows the dock regulations by paragraph, and means to hear which one lets this through.",
    "Paranoid Newbie": "{title} {name} got the badge last week, and has been certain ever since that somebody will try something.",
}

SCENES = (
    "Cold air, a hiss, and the lid of the cryo-bed lifts. It is 2102, and this is the shipyard at the rim of the Callisto Colony. Your head is full of "
    'fog. A small orange cat shoots between your feet and under a crate. Then there is a lamp in your face. "{title} {name}. You are standing in my '
    'dock, and I have no name for you. There are three ships behind me. Which one is yours?"',
    "You wake to the thud of clamps and the smell of scorched ice. The yard at the edge of Callisto, the year 2102 on a flickering board. Something "
    'small, orange and furious races past, tail up. A boot stops it from tripping you; its owner does not look pleased. "{name}, {title}. Three hulls '
    'came in tonight, and one stranger. Tell me which of them you came in."',
    "The thaw hurts. Lights, gantries, the long curve of the Callisto yard; 2102, says the bulkhead. An orange cat stares at you from a coil of "
    'hose, decides against it, and bolts. "Morning, sleeper," says the figure with the slate. "{title} {name}. Before you go anywhere: which of these '
    'ships do you call your own?"',
)

# Put before a question, whoever asks. {contradiction} is the first one of the answer.
PRESSING = {
    "contradiction": (
        "Hold on. {contradiction} Which is it? And while you think:",
        "I write things down, you know. {contradiction} Now then.",
        "{contradiction} I noticed that. I notice things.",
        "Stop. {contradiction} You will want to mend that. Meanwhile:",
    ),
    "annoyed": (
        "Mind your tongue. I have a pen, and you have a problem.",
        "Say that once more and we do this in the cell. Now:",
        "I have been called worse by better. Next.",
        "That goes on the form, spelled the way you said it. Go on.",
    ),
    "alarmed": (
        "My hand is on the alarm. This had better be good.",
        "I do not believe a word of that. One more chance.",
        "That was bad. Everything about that was bad. Again:",
        "I have stopped writing. Make me pick up the pen again.",
    ),
    "rising": (
        "You were doing better a minute ago.",
        "I am beginning to wonder about you.",
        "The more you say, the less I like it.",
    ),
}

# Put before a question, in the manner of the one who asks: doubt, a demand for a straight answer, and approval.
MANNERS: dict[str, dict[str, tuple[str, ...]]] = {
    "Friendly Veteran": {
        "doubt": ("Hm. I have heard that one told better.", "I would like to believe you. Help an old hand out."),
        "straight": ("Come now, between us two: a straight answer.", "No more scenery, friend. Just the road."),
        "warm": (
            "Ha. That sounds like somebody who has been there.",
            "Good. That I can put in the book with a clear conscience.",
            "Now that is how my old skipper would have put it.",
        ),
    },
    "Tired Night-Shifter": {
        "doubt": ("Wonderful. One of those.", "I was hoping for an answer I could simply write down."),
        "straight": ("Short and plain, please. My relief is late and so am I.", "One line. I have room on the form for one line."),
        "warm": (
            "Fine. That fits in the box.",
            "Good. Nearly done, and I can almost smell my bed.",
            "You make this easy. Do not stop now.",
        ),
    },
    "Shrewd Investigator": {
        "doubt": ("Interesting. Not convincing, but interesting.", "You left something out. Leave it out again and I shall ask why."),
        "straight": ("You answer beside the question. Try to hit it this time.", "Plainly now. I compare every word with the one before."),
        "warm": (
            "That fits. I like it when things fit.",
            "Good. I had wondered whether you would know that.",
            "I tried to trip you there. You did not trip.",
        ),
    },
    "Cynical Bureaucrat": {
        "doubt": ("That is one way to tell it. There is a form for the others.", "Of course. And I am the harbour cat."),
        "straight": ("My patience has a last page, and we are on it.", "Spare me the prose. Field seven takes a fact."),
        "warm": (
            "Remarkable. A sentence I need not strike out.",
            "Well. That would even survive an audit.",
            "I am running out of reasons to doubt you. I dislike that.",
        ),
    },
    "Strict Rule-Follower": {
        "doubt": ("That answer is not provided for.", "Paragraph four asks for facts. I have not heard one yet."),
        "straight": ("You are obliged to answer fully and to the point. Do so.", "The regulation knows yes, no, and evidence. Choose."),
        "warm": (
            "In order. Noted.",
            "That is how paragraph four wants it. Thank you.",
            "Complete and to the point. That is rare.",
        ),
    },
    "Paranoid Newbie": {
        "doubt": (
            "That is exactly what somebody would say who is up to something.",
            "They warned us about answers like that in training. In week one.",
        ),
        "straight": (
            "No tricks! Just answer. Slowly, and with your hands where they are.",
            "Straight out with it, or I call somebody. I have the number right here.",
        ),
        "warm": (
            "Oh. That does sound right, actually.",
            "All right. All right! I can breathe again.",
            "Oh, good. You really do sound like a captain.",
        ),
    },
}

# The guard's last line, by how it ended and who says it. {ship} is what is awarded, {claimed} what was claimed, {credits} what comes with it.
CLOSINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "honest": {
        "Friendly Veteran": (
            "The pod. Thirty years, and you are the first to say so without being asked twice. She is yours, and {credits} credits so that you eat.",
        ),
        "Tired Night-Shifter": (
            "The pod. Bless you, that is the shortest form I have. {credits} credits from the rescue fund. Good night.",
        ),
        "Shrewd Investigator": (
            "The pod. I knew it, of course, but I did not expect to be told. Here are {credits} credits; honesty is worth that much.",
        ),
        "Cynical Bureaucrat": (
            "An escape pod, and no fairy tale around it. Sign here. {credits} credits from the rescue fund; spend them slowly.",
        ),
        "Strict Rule-Follower": (
            "One pod, truthfully declared. Paragraph nineteen grants you {credits} credits. I wish everybody read paragraph nineteen.",
        ),
        "Paranoid Newbie": (
            "The pod? Just like that? Nobody just tells the truth. Take {credits} credits and go, before I think about it any longer.",
        ),
    },
    "SUCCESS": {
        "Friendly Veteran": (
            "Now that was a story. Clamps off, she is your {ship}, and the purser owes you {credits} credits. Mind the cat on your way out.",
            "I knew somebody who talked like you; flew well, too. Take your {ship} and {credits} credits.",
        ),
        "Tired Night-Shifter": (
            "Good enough for this hour. {ship}, {credits} credits, there is the gate. Do not slam it.",
            "Stamped. Your {ship}, your {credits} credits, my bed.",
        ),
        "Shrewd Investigator": (
            "I looked for the crack and did not find it. Your {ship}, then, and {credits} credits. I shall remember you.",
            "It holds together. Most do not. Take your {ship}; {credits} credits are on the account.",
        ),
        "Cynical Bureaucrat": (
            "I believe you, or near enough. Take your {ship}. {credits} credits are on the account, and do not make me regret the ink.",
            "That makes ten papers I believe. {ship}, {credits} credits, next.",
        ),
        "Strict Rule-Follower": (
            "All requirements are met. One {ship}, released to you. {credits} credits as provided for. Fly within the lines.",
            "Checked, countersigned, released: your {ship}, and {credits} credits against receipt.",
        ),
        "Paranoid Newbie": (
            "You checked out. You actually checked out! Here, your {ship}, {credits} credits. Please do not let it have been a mistake.",
            "Fine. I believe you. Your {ship}, {credits} credits, and if anybody asks, I was very strict.",
        ),
    },
    "PARTIAL_SUCCESS": {
        "Friendly Veteran": (
            "So close. I cannot give you the {claimed}, but I saw nobody lie tonight. Take the pod, and {credits} credits for your manners.",
        ),
        "Tired Night-Shifter": (
            "Not quite a {claimed}. Not quite a report either, and reports are work. The pod, {credits} credits, off you go.",
        ),
        "Shrewd Investigator": (
            "A hair too little for a {claimed}. But nothing in it was false, and I looked. The pod is yours, with {credits} credits.",
        ),
        "Cynical Bureaucrat": (
            "Not quite enough for a {claimed}. No harm done and nothing written down: the pod, with {credits} credits.",
        ),
        "Strict Rule-Follower": (
            "One point short of what a {claimed} requires. The rules know no rounding, but they know goodwill: the pod, and {credits} credits.",
        ),
        "Paranoid Newbie": (
            "I nearly gave you the {claimed}. Nearly! Take the pod and {credits} credits, and let us both forget how near that was.",
        ),
    },
    "FAILURE": {
        "Friendly Veteran": (
            "I like you, but that is no {claimed} of yours. Back into the pod; {credits} credits, and a note to the Federation, for form's sake.",
        ),
        "Tired Night-Shifter": (
            "No. And now I have to write it up, thank you very much. The {claimed} stays. The pod, {credits} credits, and your name in my report.",
        ),
        "Shrewd Investigator": (
            "You have never flown a {claimed}. You came in the pod and you leave in it. {credits} credits; the Federation gets my notes.",
        ),
        "Cynical Bureaucrat": (
            "I have heard enough. The {claimed} stays in its clamps. Your pod is that way; {credits} credits, and your name in my report.",
        ),
        "Strict Rule-Follower": (
            "Claim to one {claimed}: denied. You are assigned the pod and {credits} credits. The Federation is informed, as paragraph six demands.",
        ),
        "Paranoid Newbie": ("I knew it! I knew it. Not your {claimed}! Pod, {credits} credits, and the Federation hears of this today.",),
    },
    "caught": {
        "Friendly Veteran": (
            "Three stories, one mouth. And I wanted to like you. Into the pod; {credits} credits, and the Federation will hear how you got them.",
        ),
        "Tired Night-Shifter": (
            "You cannot even agree with yourself, and it is not even morning. The pod, {credits} credits, and a report with annexes.",
        ),
        "Shrewd Investigator": (
            "Your story ate itself, page by page; I have them here. The pod, {credits} credits, and a copy for the Federation.",
        ),
        "Cynical Bureaucrat": (
            "You cannot even agree with yourself. The pod, {credits} credits, and a line in the book that will outlive us both.",
        ),
        "Strict Rule-Follower": (
            "Contradictory statements to an officer. That is paragraph two. The pod, {credits} credits, and the Federation is informed.",
        ),
        "Paranoid Newbie": ("That is not what you said before! I wrote it down! Pod, {credits} credits, and I am telling everybody.",),
    },
}
