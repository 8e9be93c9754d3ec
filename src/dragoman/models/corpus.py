"""The conversations that the bundled model learns from, made up on the spot from a seed."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Message = dict[str, Any]
Tool = dict[str, Any]

ABOUT = "I am Dragoman Mini, a tiny model. I can greet, repeat, add, count, answer in JSON and call tools."
UNKNOWN = "I do not know that. I can greet, repeat, add, count, answer in JSON and call tools."

GREETINGS = {
    "Hello": "Hello! How can I help you?",
    "Hi": "Hello! How can I help you?",
    "Hey": "Hello! How can I help you?",
    "Hello there": "Hello! How can I help you?",
    "Hi there": "Hello! How can I help you?",
    "Good morning": "Good morning! How can I help you?",
    "Good evening": "Good evening! How can I help you?",
    "How are you?": "I am fine, thank you. How can I help you?",
    "Hello, how are you?": "I am fine, thank you. How can I help you?",
    "Hi, how are you?": "I am fine, thank you. How can I help you?",
    "Thank you": "You are welcome!",
    "Thanks": "You are welcome!",
    "Bye": "Goodbye!",
    "Goodbye": "Goodbye!",
    "Who are you?": ABOUT,
    "What are you?": ABOUT,
    "What can you do?": ABOUT,
    "What is your name?": "My name is Dragoman Mini.",
}

WORDS = """
hello world good morning the a cat dog bird fish tree house car road river blue red green yellow black white
sun moon star sky rain snow wind fire water bread milk tea coffee apple pear plum salt sugar table chair door
window book paper pen clock lamp king queen ship boat train north south east west summer winter spring autumn
one two three four five six seven eight nine ten big small old new fast slow warm cold happy quiet bright dark
run walk jump read write sing play open close find make give take see hear say go come is are was will can
in on under over with from and or not yes no today tomorrow now then here there time day night year week
test token stream server model client engine worker queue request answer error retry ping pong foo bar baz
dragoman interpreter court letter envoy Paris London Berlin Tokyo Rome Madrid Oslo Lima Cairo Delhi
""".split()

NAMES = "Anna Ben Clara David Emma Frank Grace Henry Ida Jack Kate Leo Mia Noah Olga Paul Rosa Sam Tom Vera".split()
CITIES = "Paris London Berlin Tokyo Rome Madrid Oslo Lima Cairo Delhi Boston Vienna Prague Lisbon Dublin Seoul".split()
KEYS = "name age city color size count id title price status answer result word number animal day".split()
ACCENTED = list("éèüöñçåøßλπжш中文日本語한글😀🚀🎉✨")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ONSETS = "b c d f g h j k l m n p qu r s t v w x z br ch cl fr gr pl pr sh sl st str th tr".split()
CODAS = ["", "", "", *"n r s t l m ck ll nd ng nt ss st x".split()]
NUMERALS = "zero one two three four five six seven eight nine ten".split()

SYSTEM_PROMPTS = [
    "You are a helpful assistant.",
    "You are a helpful assistant. Answer briefly.",
    "You are Dragoman Mini.",
    "Be brief.",
    "Answer the question of the user.",
    "You are a test model. Do what the user says.",
]

QUESTIONS = [
    "What is the capital of {word}?",
    "Tell me a story about a {word}",
    "Write a poem about the {word}.",
    "Why is the {word} {word}?",
    "Explain {word} {word} to me",
    "Who was the first {word}?",
    "Translate {word} into French.",
    "What is the meaning of {word}?",
    "How do I make a {word}?",
    "Write a {word} function in Python",
]

# name, parameters, description, ways to ask (one field a parameter)
TOOLS: list[tuple[str, tuple[str, ...], str, tuple[str, ...]]] = [
    (
        "get_weather",
        ("city",),
        "Get the weather in a city",
        (
            "What is the weather in {}?",
            "What's the weather in {}?",
            "What's the weather like in {}?",
            "What's the weather like in {} today?",
            "How is the weather in {} today?",
            "What is the weather like in {}?",
            "Get the weather in {}",
        ),
    ),
    ("get_time", ("city",), "Get the time in a city", ("What time is it in {}?", "What is the time in {}?")),
    (
        "get_population",
        ("city",),
        "Get the number of people in a city",
        ("How many people live in {}?", "What is the population of {}?"),
    ),
    ("search", ("query",), "Search the web", ("Search for {}", "Search the web for {}", "Look up {}")),
    (
        "send_message",
        ("to", "text"),
        "Send a message to a person",
        ("Send {} the message {}", "Send a message to {}: {}"),
    ),
    ("open_file", ("path",), "Open a file", ("Open the file {}", "Please open {}")),
    ("play_music", ("title",), "Play a piece of music", ("Play {}", "Play the music {}")),
    (
        "set_color",
        ("thing", "color"),
        "Set the color of a thing",
        ("Set the color of the {} to {}", "Give the {} the color {}"),
    ),
    (
        "book_train",
        ("origin", "destination"),
        "Book a train between two cities",
        ("Book a train from {} to {}", "I want a train from {} to {}"),
    ),
]

VERBS = "get set find list send open make read check start stop show update delete count".split()
NOUNS = "user order price file note item ticket map score report page photo job node key stock route event".split()
PARAMETERS = "city name id query path text title date location user item color thing value word unit place".split()


def word(rng: Random) -> str:
    """One word to copy: often an invented one, so that copying is learned and not a list of words."""
    roll = rng.random()
    if roll < 0.40:
        return rng.choice(WORDS)
    if roll < 0.72:
        return invented(rng)
    if roll < 0.80:
        return str(rng.randint(0, 9999))
    if roll < 0.84:
        return "".join(rng.choice(ACCENTED) for _ in range(rng.randint(1, 3)))
    return rng.choice(NAMES + CITIES)


def invented(rng: Random) -> str:
    """A word that no list holds: syllables or plain letters, sometimes capitalised or with a foreign letter."""
    if rng.random() < 0.6:
        text = "".join(syllable(rng) for _ in range(rng.randint(1, 4)))
    else:
        text = "".join(rng.choice(LETTERS) for _ in range(rng.randint(1, 8)))
    if rng.random() < 0.1:
        place = rng.randrange(len(text))
        text = text[:place] + rng.choice(ACCENTED) + text[place + 1 :]
    return text.capitalize() if rng.random() < 0.3 else text


def syllable(rng: Random) -> str:
    """Consonant, vowel, and sometimes a consonant to close it."""
    return rng.choice(ONSETS) + rng.choice("aeiouy") + rng.choice(CODAS)


def words(rng: Random, most: int) -> str:
    """One to ``most`` words, sometimes capitalised or punctuated."""
    text = " ".join(word(rng) for _ in range(rng.randint(1, most)))
    if rng.random() < 0.15:
        text = text.capitalize()
    if rng.random() < 0.15:
        text += rng.choice([".", "!", "?"])
    return text


def greet(rng: Random) -> list[Message]:
    """A greeting or a question about the model itself."""
    said, answer = rng.choice(list(GREETINGS.items()))
    if not said.endswith("?"):
        said += rng.choice(["", "", "!", "."])
    return turn(lower_some(rng, said), answer)


def repeat(rng: Random) -> list[Message]:
    """An order to repeat some words."""
    form = rng.choice(
        [
            "Repeat: {}",
            "Repeat after me: {}",
            "repeat {}",
            "Please repeat: {}",
            "Repeat the words: {}",
            "Say: {}",
            "Say {}",
            "Please say {}",
            'Say "{}"',
            "Echo {}",
            "Repeat this: {}",
            "Repeat this sentence: {}",
            "Please repeat the following: {}",
            "Repeat the following sentence: {}",
            "Please repeat the following words: {}",
            "Repeat exactly: {}",
        ]
    )
    text = words(rng, 10)
    return turn(lower_some(rng, form).format(text), text)


def add(rng: Random) -> list[Message]:
    """A sum of two numbers up to 20, one time in ten of two written out up to ten."""
    if rng.random() < 0.1:
        a, b = rng.randint(0, 10), rng.randint(0, 10)
        return turn(lower_some(rng, sum_question(rng)).format(a=NUMERALS[a], b=NUMERALS[b]), str(a + b))
    a, b = rng.randint(0, 20), rng.randint(0, 20)
    return turn(lower_some(rng, sum_question(rng)).format(a=a, b=b), str(a + b))


def sum_question(rng: Random) -> str:
    """A question with the fields ``a`` and ``b``."""
    return rng.choice(
        [
            "What is {a} + {b}?",
            "What is {a} plus {b}?",
            "{a} + {b}",
            "{a}+{b}",
            "{a} + {b} =",
            "{a} plus {b}",
            "Add {a} and {b}",
            "Add {a} and {b}.",
            "How much is {a} + {b}?",
            "How much is {a} plus {b}?",
            "What is the sum of {a} and {b}?",
        ]
    )


def count(rng: Random) -> list[Message]:
    """An order to count, whose answer is long enough to be watched while it streams."""
    last = rng.randint(2, 30)
    form = rng.choice(["Count to {}", "Count to {}.", "Count from 1 to {}", "Please count to {}"])
    return turn(lower_some(rng, form).format(last), ", ".join(str(n) for n in range(1, last + 1)))


def answer_in_json(rng: Random) -> list[Message]:
    """Facts to be put into an object, or a sum or a repetition to be answered with one."""
    if rng.random() < 0.35:
        a, b = rng.randint(0, 20), rng.randint(0, 20)
        ending = rng.choice([" Answer in JSON.", " Reply in JSON.", " Answer as JSON."])
        return turn(sum_question(rng).format(a=a, b=b) + ending, to_json({"answer": a + b}))
    facts = {key: value_for(rng, key) for key in rng.sample(KEYS, rng.randint(1, 3))}
    said = " and ".join(f"{key} {value}" for key, value in facts.items())
    if len(facts) > 1 and rng.random() < 0.5:
        said = said.replace(" and ", ", ")
    form = rng.choice(
        [
            "Answer in JSON: {}",
            "Give me JSON with {}",
            "Write JSON with {}",
            "Reply in JSON: {}.",
            "Make a JSON object with {}",
            "{}. Answer in JSON.",
            "Give me a JSON object with {}.",
        ]
    )
    return turn(form.format(said), to_json(facts))


def value_for(rng: Random, key: str) -> str | int:
    """A number for a key that counts something, else a word."""
    if key in {"age", "count", "id", "price", "number", "size"}:
        return rng.randint(0, 120)
    return rng.choice([rng.choice(NAMES), rng.choice(CITIES), rng.choice(WORDS), word(rng)])


def unknown(rng: Random) -> list[Message]:
    """A question beyond the model, so that it says so and does not babble."""
    form = rng.choice(QUESTIONS)
    while "{word}" in form:
        form = form.replace("{word}", rng.choice(WORDS), 1)
    return turn(lower_some(rng, form), UNKNOWN)


def call_tool(rng: Random) -> tuple[list[Tool], list[Message]]:
    """Offered tools and a request: mostly one of the tools matches, and its result is told."""
    name, parameters, description, asked = wanted_tool(rng)
    arguments = {parameter: argument_for(rng, parameter) for parameter in parameters}
    offered = [tool(name, parameters, description)]
    while rng.random() < 0.4 and len(offered) < 3:
        other = wanted_tool(rng)[:3]
        if all(other[0] != each["function"]["name"] for each in offered):
            offered.append(tool(*other))
    rng.shuffle(offered)
    if rng.random() < 0.2:
        return offered, rng.choice([greet, repeat, add, count])(rng)
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": to_json(arguments)}}
    messages: list[Message] = [
        {"role": "user", "content": lower_some(rng, asked).format(*arguments.values())},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    if rng.random() < 0.4:
        result = words(rng, 3).rstrip(".!?")
        messages.append({"role": "tool", "tool_call_id": "call_1", "content": result})
        messages.append({"role": "assistant", "content": f"The result is: {result}"})
    return offered, messages


def wanted_tool(rng: Random) -> tuple[str, tuple[str, ...], str, str]:
    """A tool and one way to ask for it, half of them invented so that names are copied and not known."""
    if rng.random() < 0.5:
        name, parameters, description, ways = rng.choice(TOOLS)
        return name, varied(rng, parameters), description, rng.choice(ways)
    verb = rng.choice([rng.choice(VERBS), invented(rng).lower()])
    noun = rng.choice([rng.choice(NOUNS), invented(rng).lower()])
    parameters = tuple(rng.sample(PARAMETERS, rng.randint(1, 2)))
    name = rng.choice([f"{verb}_{noun}", f"{verb}{noun.capitalize()}", f"{verb}_{noun}_{rng.choice(NOUNS)}"])
    asked = rng.choice(
        ["{verb} the {noun} with ", "call {name} with ", "use {name} with ", "please {verb} the {noun} "]
    )
    named = " and ".join(f"{parameter} {{}}" for parameter in parameters)
    described = rng.choice([f"{verb} the {noun}", f"{verb} a {noun}", ""]).capitalize()
    return name, parameters, described, (asked.format(verb=verb, noun=noun, name=name) + named).capitalize()


def varied(rng: Random, parameters: tuple[str, ...]) -> tuple[str, ...]:
    """The parameter of a well-known tool, sometimes under another name."""
    if len(parameters) == 1 and rng.random() < 0.3:
        return (rng.choice(PARAMETERS),)
    return parameters


def argument_for(rng: Random, parameter: str) -> str:
    """A value that a user would give for the parameter."""
    if parameter in {"city", "location", "place", "origin", "destination"}:
        return rng.choice([rng.choice(CITIES), invented(rng).capitalize(), f"{invented(rng)} {word(rng)}".title()])
    if parameter in {"to", "name", "user"}:
        return rng.choice([rng.choice(NAMES), rng.choice(NAMES), word(rng)])
    return " ".join(word(rng) for _ in range(rng.choice([1, 1, 2])))


def tool(name: str, parameters: tuple[str, ...], description: str) -> Tool:
    """An OpenAI tool whose parameters are strings."""
    properties = {parameter: {"type": "string"} for parameter in parameters}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def to_json(value: object) -> str:
    """JSON as the model writes it."""
    return json.dumps(value, ensure_ascii=False)


def lower_some(rng: Random, text: str) -> str:
    """The text, its first letter in lower case one time in four."""
    return text[0].lower() + text[1:] if rng.random() < 0.25 else text


def turn(said: str, answer: str) -> list[Message]:
    """One exchange."""
    return [{"role": "user", "content": said}, {"role": "assistant", "content": answer}]


SKILLS: list[tuple[float, Callable[[Random], list[Message]]]] = [
    (0.08, greet),
    (0.42, repeat),
    (0.22, add),
    (0.06, count),
    (0.17, answer_in_json),
    (0.05, unknown),
]


def conversation(rng: Random) -> tuple[list[Tool], list[Message]]:
    """One conversation of one to four exchanges, with the tools it offers (often none)."""
    tools: list[Tool] = []
    messages: list[Message] = []
    if rng.random() < 0.3:
        messages.append({"role": "system", "content": rng.choice(SYSTEM_PROMPTS)})
    if rng.random() < 0.25:
        tools, exchange = call_tool(rng)
        messages += exchange
        if rng.random() < 0.8:
            return tools, messages
    weights, skills = zip(*SKILLS, strict=True)
    for skill in rng.choices(skills, weights, k=rng.choice([1, 1, 1, 2, 3])):
        messages += skill(rng)
    return tools, messages


def conversations(seed: int) -> Iterator[tuple[list[Tool], list[Message]]]:
    """Conversations without end, the same ones for the same seed."""
    rng = Random(seed)
    while True:
        yield conversation(rng)
