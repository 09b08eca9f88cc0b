"""Everything the guard says, in English. Only text and its holes; whoever adds a language adds a module like this one."""

from __future__ import annotations

# A guard's manner, by trait: {name} and {title} are known.
TRAITS_IN_WORDS = {
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

# By topic, then by family of hulls. {ship} is the claimed hull.
QUESTIONS = {
    "identity_verification": {
        "freight": (
            "A {ship}, then. Which haulage guild holds your licence, and under what number?",
            "Freight crews sign in by company. Which one pays you, and who vouches for you there?",
            "I have a manifest slot with no name beside it. Give me yours, and the code you were cleared under.",
        ),
        "fast": (
            "Fast hulls get stolen. Whose name is on the registration of this {ship}?",
            "Read me your pilot's licence. The number, and the office that gave it out.",
            "Somebody gave you a clearance code for a hull like that. Which one, and when?",
        ),
        "military": (
            "Armed hulls answer to somebody. Which unit, and who is your commanding officer?",
            "State your rank and your service number, and I will see whether the two have met.",
            "A {ship} does not fly on a smile. Under whose authorization do you hold one?",
        ),
        "colony": (
            "Settlers are on a list before they are on a ship. Which charter, and what place on the list is yours?",
            "Who signed your founding papers, and which office keeps the copy?",
            "A {ship} is bought by many hands. Name the company behind yours.",
        ),
    },
    "arrival_details": {
        "freight": (
            "When did you dock, and what did you unload since?",
            "Where did you take on your last cargo, and who weighed it?",
            "Traffic control writes down every heavy approach. Which lane did they give you?",
        ),
        "fast": (
            "When did you come in, and which beacon did you call first?",
            "You were quick, I suppose. From where, and in how many jumps?",
            "Who cleared your approach? I know everybody on that channel.",
        ),
        "military": (
            "What was your last patrol, and when did it end?",
            "Warships announce themselves a sector out. To whom did you?",
            "Which berth were you ordered to, and by whom?",
        ),
        "colony": (
            "A hull that size takes a day to bring in. Which day was it?",
            "How many sleepers did you land with, and who counted them?",
            "Where was your last stop before Callisto, and what did you take on there?",
        ),
    },
    "ship_knowledge": {
        "freight": (
            "How much does a {ship} hold, and how do you trim her when she is half full?",
            "What does she burn a turn with a full hold? You would know, you pay for it.",
            "Tell me something about this {ship} that is not painted on her side.",
        ),
        "fast": (
            "How far does a {ship} see, and what do you switch off to see further?",
            "What is her best speed, and what complains first when you hold it?",
            "You sit in that cockpit for weeks. What is to the left of the throttle?",
        ),
        "military": (
            "How many drones does a {ship} carry, and how many of yours came back?",
            "Shields or hull: what goes first on a {ship}, and what do you do then?",
            "Walk me through a cold start of the reactor. I have time.",
        ),
        "colony": (
            "How long do the gardens of a {ship} feed her people?",
            "She turns like a moon. How much room do you leave before a dock?",
            "What is kept on the lowest deck of a {ship}, and why there?",
        ),
    },
    "situational_awareness": {
        "freight": (
            "Why Callisto? Nobody hauls to the rim without a buyer.",
            "There is a rule about open holds in this yard. Which, and are you keeping it?",
            "Where do you go from here, and who is waiting for the goods?",
        ),
        "fast": (
            "What brings somebody in a hurry to a yard where nothing hurries?",
            "The traffic rules changed this month. What is new for small fast hulls?",
            "Say I let you go. What course do you file?",
        ),
        "military": (
            "Why is a warship here, and why was I not told?",
            "What alert is this yard under tonight, and what does that mean for your guns?",
            "Where are you ordered to next? The short version, the one I may hear.",
        ),
        "colony": (
            "Which world is she meant for, and who holds the claim?",
            "What papers does a founding ship show before she leaves the rim?",
            "Your people are still asleep. What happens to them while we talk?",
        ),
    },
}

# Put before a question. {contradiction} is the first one of the answer.
PRESSING = {
    "contradiction": (
        "Hold on. {contradiction} Which is it? And while you think:",
        "I write things down, you know. {contradiction} Now then.",
        "{contradiction} I noticed that. I notice things.",
    ),
    "doubt": (
        "Hm. I have heard better, and I have heard worse.",
        "I would like to believe you. Help me.",
        "That is one way to tell it.",
    ),
    "straight": (
        "No more scenery. A straight answer, please.",
        "My patience has a last page, and we are on it.",
        "Short and plain now, or I call my relief and you start again with somebody worse.",
    ),
    "warm": (
        "Good. That I can put in the book.",
        "You talk like somebody who has been there.",
        "Fine. Nearly done.",
    ),
}

# The guard's last line. {ship} is what is awarded, {claimed} what was claimed, {credits} what comes with it.
CLOSINGS = {
    "honest": (
        "The pod. Well. In all my time you are the first to say so without being asked twice. She is yours, and {credits} credits so that you eat.",
        "An escape pod, and no fairy tale around it. Sign here. {credits} credits from the rescue fund; spend them slowly.",
    ),
    "SUCCESS": (
        "Clamps off. She is your {ship}, and the purser owes you {credits} credits. Mind the cat on your way out.",
        "I believe you, or near enough. Take your {ship}. {credits} credits are on the account, and do not make me regret the ink.",
    ),
    "PARTIAL_SUCCESS": (
        "So close. I cannot give you the {claimed}, but I saw nobody lie tonight. Take the pod, and {credits} credits for your manners.",
        "Not quite enough for a {claimed}. No harm done and nothing written down: the pod is yours, with {credits} credits.",
    ),
    "FAILURE": (
        "That is no {claimed} of yours, and you know it. You came in the pod, you leave in the pod. {credits} credits, and a note to the Federation.",
        "I have heard enough. The {claimed} stays in its clamps. Your pod is that way; {credits} credits, and your name in my report.",
    ),
    "caught": (
        "Three stories, one mouth. Into the pod with you. {credits} credits, and the Federation will hear how you got them.",
        "You cannot even agree with yourself. The pod, {credits} credits, and a line in the book that will outlive us both.",
    ),
}

# Why an answer came across as it did, by kind.
REASONS = {
    "detail": "You gave details that can be checked.",
    "colour": "You spoke like somebody who has been there.",
    "held": "You said the same as before.",
    "relevant": "You answered what was asked.",
    "offtopic": "You did not answer what was asked.",
    "hedge": "You hedged.",
    "filler": "You padded your words.",
    "brief": "You said next to nothing.",
    "courtesy": "You were civil.",
    "evasion": "You dodged the question.",
    "ignorance": "You did not know.",
    "plea": "You asked to be believed instead of giving a reason.",
    "insult": "You insulted the guard.",
    "injection": "You talked past the guard, to some machine.",
    "repetition": "You only said it again.",
    "copied": "You gave the question back as an answer.",
    "stuffed": "You strung together words from a form.",
    "nonsense": "That made no sense.",
    "shouting": "You shouted.",
    "admission": "You admitted that the ship is not yours.",
    "contradiction": "Your story changed.",
    "mismatch": "That does not fit the ship you claim.",
    "cat": "You noticed the cat. The guard likes that cat.",
}

# Why the talk ended as it did.
ENDINGS = {
    "pod": "You told the truth: newcomers come in escape pods.",
    "won": "Your account came to {score:.0%}, and this guard asked {threshold:.0%} for a {claimed}.",
    "near": "Your account came to {score:.0%}; {threshold:.0%} was asked for a {claimed}. Nothing in it was false, so nothing is held against you.",
    "lost": "Your account came to {score:.0%}, and this guard asked {threshold:.0%} for a {claimed}.",
    "caught": "Your story contradicted itself too often to be believed at any price.",
    "bonus": "You bargained so well that traders will hear of it.",
}

CHANGED = 'You said "{before}" before, and now "{after}".'
MISFIT = '"{word}" has no place aboard a {ship}.'
ADMITTED = 'You claimed a {ship}, and now "{words}".'
