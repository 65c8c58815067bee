"""No belief stands in the code of forecasts: a number there is mathematics, a definition, a tolerance or a size.

What a model starts from before any figure speaks is a row of beliefs.csv. Every other number that a module or a keyword
names is listed below with the reason why it is none.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "forecast"
BELIEF = re.compile(
    r"(^|_)(sd|sigma|spread|prior|mid|median|volatility|drift|shape|overhead|gain|weight|origins|damping|trend|bend"
    r"|doubt|common|steepness|strength|skew|lag|lead|growth|elasticity|share|mean|about|held)(_|$)"
)  # keywords, defaults and fields named so

UNIT = "a unit, a calendar or a fact of arithmetic"
TOLERANCE = "a tolerance or a bound that keeps numbers finite"
SIZE = "how much is computed or shown"
LAYOUT = "levels, names and defaults of questions and answers"
METHOD = "the definition of a published method or of a benchmark, which scores choose among or weigh"
TRAINED = "a setting that the learned share model was trained with, and changes with it alone; see its card"
TRIED = "a setting of the method, the same for every series; benchmarks/volume.py or hierarchical.py scores it"
ABSENT = "none: what is left out has no effect"
RULE = "a rule of acceptance or alarm that the documentation states"
SEED = "the seed of numbers that a likelihood is averaged over"
TO_MOVE = "a belief still in code, to become a row"

MODULES = {
    UNIT: {
        "tracing/equations.py": "EQUATIONS _KILO", "tracing/steps.py": "_KILO",
        "tracing/weights.py": "_QUARTER",
        "fleet/borrowed.py": "_YEAR HOURS QUARTER", "fleet/demand.py": "YEAR", "fleet/grain.py": "_STEP _DAY",
        "fleet/newcomer.py": "_MEGA", "fleet/trend.py": "PERIODS _LUMP _QUARTER", "fleet/why.py": "_DAY",
        "fleet/history.py": "_STEP", "fleet/kept.py": "_DAYS", "fleet/world.py": "HALF_QUARTER",
        "draws.py": "Z90", "economics/doubted.py": "_TO_95",
        "capacity/purchases.py": "_THOUSAND _SCALE", "capacity/stated.py": "_QUARTER_WEEKS",
        "capacity/plan_words.py": "_MONTH_DAYS", "capacity/retire_words.py": "_SECONDS_PER_DAY",
        "rollouts/clock.py": "_FIRST_YEAR _YEAR _MONTHS",
        "rollouts/hazard.py": "_DECADE", "hardware/growth.py": "_DAY",
        "views/adoption.py": "_YEAR_END", "supply/ceilings.py": "_HALF_QUARTER",
        "supply/funding.py": "_YEAR _RISE_YEARS",
        "capacity/served.py": "_HALF_LOG_2PI",
        "economics/cost.py": "HOURS_PER_YEAR", "economics/power.py": "JOULES_PER_KWH",
        "fleet/described.py": "_HOUR", "fleet/outlook.py": "_MEGA", "fleet/trial.py": "_YEAR",
        "fleet/watching.py": "_DAY _MAD",
        "economics/revenue.py": "SECONDS_PER_YEAR", "economics/site.py": "SECONDS_PER_DAY",
        "hardware/conversion.py": "SECONDS_PER_HOUR", "hardware/sizing.py": "_HOURS_PER_DAY",
        "fleet/additions.py": "_HOURS_A_YEAR _WEEK", "fleet/holdings.py": "HOUR", "fleet/words.py": "_SIZES",
        "hardware/measured.py": "_TAIL", "hardware/throughput.py": "SIXTEEN_OVER_EIGHT_BIT",
        "identity/training.py": "_PER_PARAMETER_AND_TOKEN _FORWARD_AND_BACKWARD",
        "scoring/scorecard.py": "_QUARTERS_A_YEAR", "split/leaf_state.py": "FISCAL_YEAR",
        "statements/flows.py": "_YEAR", "statements/rows.py": "_YEAR _LONG",
        "statements/wording.py": "_HALF_LOG_TAU WORDINGS",
    },
    TOLERANCE: {
        "tracing/weights.py": "_EDGE _LEAST_ERROR _TOO_WIDE",
        "effects/ceilings.py": "CUT _TINY", "effects/changes.py": "_DUST", "effects/figures.py": "_NO_SPREAD",
        "effects/indices.py": "_NONE", "effects/turned_away.py": "_TINY",
        "fleet/borrowed.py": "_TINY", "fleet/migration.py": "_LEAST", "fleet/parts.py": "_TINY _MOST",
        "fleet/passing.py": "_TINY", "fleet/trend.py": "_TINY", "fleet/spreads.py": "_EDGE", "fleet/world.py": "_TINY",
        "capacity/limits.py": "_NONE", "claims/check.py": "_LIMITS",
        "fleet/costs.py": "_TINY", "fleet/full.py": "_TINY", "fleet/why.py": "_DUST",
        "hardware/measured.py": "_EXACT", "hardware/placement.py": "_NEAR_ONE",
        "hierarchy/averaged.py": "_TINY", "hierarchy/covariance.py": "_FLOOR _SAME", "hierarchy/mint.py": "_INCOHERENT",
        "hierarchy/multiplicative.py": "_SETTLED _STRIDE", "hierarchy/nonnegative.py": "_TINY _SOFT _MET",
        "hierarchy/projection.py": "_TOLERANCE,_STEPS", "identity/cube.py": "_TINY",
        "identity/meeting.py": "_TINY", "identity/anchors.py": "_TINY", "identity/demand.py": "_TINY _RIDGE",
        "identity/history.py": "_TINY _FARTHEST", "identity/machines.py": "_TINY", "identity/topdown.py": "_TINY",
        "identity/orders.py": "_TINY _ROOM _SHARP", "identity/smoother.py": "_NO_SPREAD _CHANCE",
        "rollouts/courses.py": "_EDGE", "rollouts/hazard.py": "_TINY", "rollouts/ramp.py": "_TINY _MOST_LOGIT",
        "scoring/peers.py": "_EDGE", "scoring/rollouts.py": "_EDGE", "supply/orders.py": "_TINY",
        "supply/pool.py": "_EXACT", "supply/withheld.py": "_TINY", "scenarios/paths.py": "_TINY",
        "capacity/scenario_regret.py": "_ROUNDING",
        "views/redraw.py": "_TINY _ROUNDING", "views/levered_supply.py": "_TINY", "views/levered_work.py": "_TINY",
        "views/compared.py": "_WHOLE",
        "migration/analogues.py": "TINY", "migration/bass.py": "MOST",
        "migration/carry.py": "_LEAST", "migration/curves.py": "HELD RIDGE",
        "migration/emergence.py": "MOST MOST_LIKELY",
        "migration/learning.py": "RIDGE_MEMBERS RIDGE_SCALE", "migration/noise.py": "FLOOR",
        "migration/past_errors.py": "STILL", "migration/standing.py": "SAME",
        "migration/references.py": "PRESENT", "migration/steps.py": "_HELD", "monitoring/calibration.py": "_EDGE",
        "sixty_forty/impose.py": "_SETTLED _LIMIT", "sixty_forty/pooling.py": "_FURTHEST",
        "sixty_forty/revisions.py": "_HELD", "split/relabel.py": "_MOST", "sixty_forty/redrawn.py": "_ANY",
        "statements/conditioning.py": "_JITTER _SETTLED _NUDGE _FLAT _DAMPING", "statements/rows.py": "_LEAST_SD",
        "views/contracted.py": "_LEAST_SD,_MOST_SD", "views/follows.py": "_TINY",
        "views/crossing_words.py": "_TINY", "views/part.py": "_TINY",
        "views/settled.py": "_EDGE _TINY _CHANCE", "views/technique_share.py": "_TINY",
        "telling/assumed.py": "_CHANCE _DRAWS_A_ROW _SAME",
        "volume/categories.py": "_APART", "volume/bending.py": "_TINY", "volume/calibrate.py": "_TINY",
        "volume/censoring.py": "_LEAST", "volume/combine.py": "_TINY", "volume/dependence.py": "_MOST",
        "volume/drivers.py": "_TINY", "volume/ets.py": "_TINY _RIDGE _LARGEST", "volume/regression.py": "_TINY",
        "volume/scale.py": "_LARGEST", "volume/smoothing.py": "_TINY", "volume/growth.py": "_TINY",
        "volume/short.py": "_TINY _LIMIT",
        "volume/floor.py": "_TINY _APART",
    },
    SIZE: {
        "tracing/audit.py": "MOST _NAMED",
        "effects/bridge.py": "DRAWS STEPS _NAMED _SMALL", "effects/changes.py": "_NAMED",
        "effects/indices.py": "PERMUTED RESAMPLED", "effects/polynomials.py": "MOST",
        "effects/ranking.py": "_RESAMPLED", "effects/shapley.py": "_DEGREE _PER_COLUMN",
        "effects/study.py": "SHOWN TOGETHER", "effects/turned_away.py": "_NAMED",
        "fleet/described.py": "_NAMED", "fleet/pictures.py": "_SHOWN_MONTHS", "fleet/outlook.py": "_LAST _PANELS",
        "fleet/kept.py": "MOST CELLS", "fleet/small.py": "TOGETHER BLOCK DRAWS _CELLS",
        "answering.py": "MOST_ROWS", "hardware/conversion.py": "_BLOCK",
        "hierarchy/averaged.py": "_CELLS", "hierarchy/multiplicative.py": "_ROUNDS",
        "fleet/latent.py": "_STEPS", "fleet/grain.py": "_YEARS", "fleet/planner.py": "_MOST",
        "hierarchy/nonnegative.py": "_ROUNDS _PATIENCE", "hierarchy/projection.py": "_DIRECT",
        "identity/cube.py": "_HISTORY", "identity/history.py": "STEPS WINDOW RECENT", "supply/pool.py": "_STEP",
        "rollouts/paths.py": "_TRIES", "rollouts/ramp.py": "_TRIALS _GRID", "rollouts/segments.py": "_UNNAMED _MIXED",
        "scoring/rollouts.py": "_SHOWN",
        "migration/carry.py": "_HISTORIES", "migration/fit.py": "MAX_HORIZON",
        "migration/learning.py": "ROWS",
        "migration/entries.py": "MOST", "migration/training.py": "DRAWS", "sixty_forty/impose.py": "_ROUNDS",
        "statements/conditioning.py": "_LEAST _MOVES _SHRINKS _ROUNDS _REACH",
        "volume/bending.py": "_ASKED", "volume/boosted.py": "FITS MOST_ROWS MOST_ORIGINS",
        "volume/categories.py": "DRAWS _BLOCK", "volume/lumpy.py": "_SIMULATED", "volume/outside.py": "BATCH",
        "volume/paths.py": "_MIDDLES",
        "volume/members.py": "MOST_BOOSTED FEWEST_BOOSTED LEAST_BOOSTED MOST_STRUCTURAL LONGEST_STRUCTURAL",
        "volume/hierarchies.py": "WINDOWS _DRAWS", "volume/ets.py": "_COUNTED _KEPT _CELLS",
        "volume/single.py": "_KEPT", "split/relabel.py": "_MARKS",
        "volume/past.py": "ORIGINS", "volume/regression.py": "_REFIT _ROWS _WINDOW",
        "volume/structural.py": "LONGEST_SEASON _FITS _ITERATIONS", "volume/smoothing.py": "_MOST",
    },
    LAYOUT: {
        "once.py": "_PROTOCOL",
        "fleet/asking.py": "_SCHEMAS",
        "effects/bridge.py": "_INNER", "effects/changes.py": "_INNER", "effects/indices.py": "_BAND",
        "effects/news.py": "_BOTH,_NEW,_GONE", "effects/ranking.py": "_BAND", "effects/study.py": "INNER _NEAR",
        "fleet/borrowed.py": "_INNER", "views/cells.py": "GROUPS",
        "telling/assumed.py": "SHOWN", "spoken.py": "_SIZES _HALF _ROUNDING USUAL",
        "telling/judged.py": "_USUAL",
        "views/beside.py": "_AFTER _SHOWN", "views/short.py": "_FIGURES _UNITS",
        "draws.py": "LEVELS QUANTILES", "claims/draft.py": "_NEAR", "capacity/retire.py": "SHOWN _LOOK _PLANNED",
        "doubts.py": "_WHOLE,_LONG",
        "fleet/full.py": "RISK", "fleet/queue.py": "_INNER", "fleet/why.py": "_NAMED",
        "economics/costs.py": "LIVES", "economics/revenue.py": "SAME_PRICE", "economics/site.py": "_MONEY",
        "hardware/sheet.py": "_RAMP", "migration/judging.py": "PINBALL VISIBLE",
        "migration/learned.py": "VERSION FORMER",
        "migration/quantiles.py": "LEVELS", "migration/skill.py": "STEP_EDGES", "questions/kinds.py": "*",
        "questions/fields.py": "*", "questions/reading.py": "_LAST",
        "scenarios/levers.py": "*", "scores.py": "METRICS", "scoring/past.py": "HORIZON FIRST_ORIGIN",
        "scoring/rollouts.py": "HORIZONS", "views/adoption.py": "LEVELS",
        "identity/history.py": "_SHOWN",
        "scoring/scorecard.py": "_BAND", "views/answer.py": "SHOWN", "views/attribution.py": "_LEVELS",
        "views/by_vendor.py": "LEVELS", "views/contracted.py": "LEVELS", "views/crossing.py": "DATED",
        "views/crossing_words.py": "_INNER", "views/passage.py": "FEW", "views/settled.py": "MOST",
        "views/published.py": "CLAIMED", "volume/bending.py": "_LEVELS _HELD",
        "volume/calibrate.py": "LEVELS", "volume/hierarchies.py": "_LEVELS", "volume/combine.py": "_DECILES",
        "volume/short.py": "_HELD",
    },
    METHOD: {
        "migration/bass.py": "_BENT _CHANCE", "volume/lumpy.py": "INTERVAL VARIATION",
        "volume/ets.py": "LEVELS TRENDS SEASONALS BENDS", "volume/simple.py": "_REPEATS _RECENT _SHRINK _DAMPING",
        "volume/smoothing.py": "LEVELS TRENDS SEASONALS _MEMORY _FIRST_SEASONS",
        "scoring/rollouts.py": "_FULL _FOLDS", "scoring/share_scores.py": "_BINS _SMOOTH",
        "volume/boosted.py": "_TREES", "volume/regression.py": "_PENALTY",
    },
    TRAINED: {
        "migration/analogues.py": "LOOK BURN REACH USUAL DOUBT FLOOR,CEILING",
        "migration/boosted.py": "BELIEVED FAR TREES",
        "migration/carry.py": "_MEMORY", "migration/emergence.py": "LEVELS AGES RECENT ALIKE CARRIED EXPECTED",
        "migration/entries.py": "OLDEST NEAR STILL", "migration/generations.py": "YOUTH",
        "migration/learning_newcomers.py": "LEAST ENOUGH",
        "migration/leaders.py": "LAGS WINDOW LEADERS BETTER PARTNER",
        "migration/learning.py": "HORIZONS LEVELS DECAY DEGREES DOUBT EQUAL PLAIN_SCALE",
        "migration/noise.py": "LIFE PRIOR PRIOR_DOUBT DOUBT FIXING SPAN WIDEST",
        "migration/past_errors.py": "INSIDE DOUBT VISIBLE",
        "migration/rolling.py": "MIN_HISTORY MIN_FUTURE", "migration/state.py": "HALF_LIVES",
        "migration/training.py": "GRID AIM", "migration/transforms.py": "POWER",
    },
    TRIED: {
        "fleet/parts.py": "_SEASONS", "fleet/kept.py": "_RECENT", "fleet/trend.py": "_LAG",
        "hierarchy/averaged.py": "AVERAGE _SURE", "volume/hierarchies.py": "_SEASONS",
        "volume/bending.py": "_GAIN _FEWEST _MISS _WORTH", "volume/censoring.py": "_LEVEL _FADE",
        "volume/combine.py": "FADE PULL WARM _SURE _FEWEST _WORST", "volume/drivers.py": "_DRIFT",
        "volume/boosted.py": "_FEWEST", "volume/past.py": "LEAST _HOLDS _CAP",
        "volume/scale.py": "BEND _SEASONS LOGARITHMIC", "volume/dependence.py": "_CAP _FEWEST",
        "volume/categories.py": "_FEWEST", "volume/lumpy.py": "_FEWEST", "volume/regression.py": "_FEWEST",
        "volume/structural.py": "_FEWEST", "volume/members.py": "LEAST_GROWTH MOST_SWING", "volume/floor.py": "_LOWEST",
        "volume/fit.py": "_ROUNDS",
        "volume/calibrate.py": "_OUTLYING _ALIKE _USUAL",
        "volume/growth.py": "_SPAN _KEPT", "volume/short.py": "_BELIEVED _FEWEST",
    },
    RULE: {
        "effects/words.py": "SENSIBLE", "effects/indices.py": "_CHANCE", "effects/turned_away.py": "FELT",
        "doubts.py": "FAR", "views/crossing_words.py": "OUTSIDE", "fleet/trial.py": "ORIGINS AHEAD TOLERANCE _FEWEST",
        "fleet/planner.py": "_OLD,_STALE",
        "fleet/newcomer.py": "LEAST",
        "fleet/watching.py": "USUAL ENOUGH JUMP LEAST LEFT LIKELY,SURE LATE_DAYS _EDGE",
        "fleet/grain.py": "MONTHS,WEEKS,FEW_WEEKS FAR", "fleet/history.py": "_LATE",
        "fleet/mix.py": "FEWEST", "fleet/work.py": "FEWEST",
        "fleet/bill.py": "RECENT", "fleet/busy.py": "_SUSTAINED", "fleet/latent.py": "TOLERANCE",
        "capacity/served.py": "FEWEST", "hierarchy/averaged.py": "FEWEST", "volume/ets.py": "FEWEST",
        "fleet/small.py": "_FEWEST", "fleet/trend.py": "_FEWEST _MUCH",
        "hierarchy/covariance.py": "_FEWEST",
        "identity/fit.py": "MIN_REVENUE", "identity/guidance.py": "_GAP", "hardware/measured.py": "FEWEST",
        "monitoring/calibration.py": "SLACK LIMIT SPREAD_RATIO LEAST_CHANCE RECENT "
        "FEWEST WIDEST _LEAST_WIDER _LEVEL", "monitoring/changes.py": "MOST_AT_ONCE",
        "monitoring/feeds.py": "FEWEST LATE,MISSING _GRACE",
        "monitoring/population.py": "PSI_LIMIT LEAST_CHANCE FEWEST _BINS",
        "scoring/promotion.py": "TOLERANCE COVERAGE_LOSS", "sixty_forty/pooling.py": "LEAST_ESS",
        "sixty_forty/report.py": "LEAST_COVERAGE", "statements/flows.py": "_MOSTLY",
    },
    SEED: {"rollouts/ramp.py": "_SEED"},
    TO_MOVE: {
        "capacity/purchases.py": "OFFERED",
        "volume/lumpy.py": "_SPREAD",
    },
}  # fmt: skip
KEYWORDS = {
    LAYOUT: {
        "answers.py": "impose(strength)", "questions/schema.py": "Impose(strength)",
        "sixty_forty/modes.py": "Imposed(strength) imposed_as(strength)",
    },
    TRAINED: {
        "migration/learning.py": "Learned(common) Learned(spread)",
        "migration/training.py": "replace(spread)",
    },
    ABSENT: {
        "identity/training.py": "training_hours(overhead)", "sixty_forty/pooling.py": "strain(sd)",
        "statements/prior.py": "SharePrior(trend) SharePrior(trend_sd) SharePrior(trend_volatility) "
        "SharePrior(damping)",
        "scenarios/levers.py": "Demand(share)",
        "volume/calibrate.py": "calibrate(weight)", "volume/fitted.py": "Priors(origins)",
    },
    TO_MOVE: {"volume/drivers.py": "Elasticity(mean) Elasticity(sd)"},
}  # fmt: skip


def numbers(node):
    """Return the numbers in an expression; true and false are none."""
    return [
        each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and type(each.value) in (int, float)
    ]


def targets(node):
    """Return the names that a statement binds, as one."""
    bound = node.targets if isinstance(node, ast.Assign) else [node.target]
    return ",".join(name.id for each in bound for name in ast.walk(each) if isinstance(name, ast.Name))


def module_numbers(tree):
    """Return the names of a module that hold a number, however deep in a tuple, a dict or a call."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None]
    return {targets(node) for node in assigned if numbers(node.value)}


def literal(node):
    """Return whether an expression is a number, or a tuple, list or dict of them."""
    if isinstance(node, ast.UnaryOp):
        return literal(node.operand)
    if isinstance(node, ast.Tuple | ast.List):
        return any(map(literal, node.elts))
    if isinstance(node, ast.Dict):
        return any(map(literal, node.values))
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def keyword_numbers(tree):
    """Return ``owner(name)`` of numeric keyword arguments, defaults and fields whose name is that of a belief."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
            found += [(ast.unparse(node.func).split(".")[-1], name, value) for name, value in given]
        elif isinstance(node, ast.FunctionDef):
            args = [*node.args.posonlyargs, *node.args.args]
            defaults = [*zip(args[len(args) - len(node.args.defaults) :], node.args.defaults, strict=True)]
            defaults += zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            found += [(node.name, arg.arg, value) for arg, value in defaults if value is not None]
        elif isinstance(node, ast.ClassDef):
            fields = [each for each in node.body if isinstance(each, ast.AnnAssign) and each.value is not None]
            found += [(node.name, targets(each), each.value) for each in fields]
    return {f"{owner}({name})" for owner, name, value in found if literal(value) and BELIEF.search(name)}


def by_file(read):
    return {
        path.relative_to(ROOT).as_posix(): read(ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(ROOT.rglob("*.py"))
    }


def allowed(lists):
    return {(file, name) for files in lists.values() for file, names in files.items() for name in names.split()}


@pytest.mark.parametrize(("read", "lists"), [(module_numbers, MODULES), (keyword_numbers, KEYWORDS)])
def test_every_named_number_is_no_belief_for_a_reason_and_every_reason_is_of_a_number(read, lists):
    whole = {file for file, name in allowed(lists) if name == "*"}
    found = {(file, name) for file, names in by_file(read).items() for name in names if file not in whole}
    listed = {(file, name) for file, name in allowed(lists) if name != "*"}
    assert sorted(found - listed) == [], "give beliefs.csv a row of it, or say why it is no belief"
    assert sorted(listed - found) == [], "no such number stands in the code any more; take it off the list"


def test_a_number_is_listed_under_one_reason():
    for lists in (MODULES, KEYWORDS):
        entries = [(file, name) for files in lists.values() for file, names in files.items() for name in names.split()]
        assert len(entries) == len(set(entries))


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("A = 0.5", {"A"}),
        ("A: float = -2", {"A"}),
        ("A = {'x': (1.0, 2.0)}", {"A"}),
        ("A = Prior(Spread(0.2, 0.7))", {"A"}),
        ("A, B = 1, 2", {"A,B"}),
        ("A = True\nB = 'x'\ndef f():\n    c = 0.5", set()),
    ],
)
def test_a_number_of_a_module_is_seen_in_any_shape(code, names):
    assert module_numbers(ast.parse(code)) == names


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def f():\n    return SharePrior(mid=0.5, sd=-1)", {"SharePrior(mid)", "SharePrior(sd)"}),
        ("def f(x, drift=0.1, *, trend_sd=0.2, axis=0): ...", {"f(drift)", "f(trend_sd)"}),
        ("class A:\n    volatility: float = 0.1\n    name: str = 'x'", {"A(volatility)"}),
        ("f(axis=1, sd=own)\ng(spread=(0.1, 0.9))", {"g(spread)"}),
    ],
)
def test_a_belief_is_seen_as_argument_default_and_field(code, names):
    assert keyword_numbers(ast.parse(code)) == names
