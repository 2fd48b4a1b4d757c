"""What `tocsin` can do, in the order in which its help lists it; each command is loaded when it is called."""

from tocsin.cli.late import LateCommand

COMMANDS = (
    LateCommand(
        "demo",
        "tocsin.cli.demo:demo",
        "Load the Tunisia kit into a new demo store, fit it as of 8 March 2016, print the odds and show the board.",
    ),
    LateCommand(
        "check",
        "tocsin.cli.check:check",
        "Report every problem in every declared file, with file, line, field, value and what is accepted.",
    ),
    LateCommand(
        "observe", "tocsin.cli.observe:observe", "Record one observation; what is there already is left as it is."
    ),
    LateCommand("correct", "tocsin.cli.correct:correct_observation", "Correct or re-grade an observation."),
    LateCommand("retract", "tocsin.cli.retract:retract_observation", "Withdraw an observation."),
    LateCommand(
        "ledger",
        "tocsin.cli.ledger:ledger",
        "List the observations that stand, and how many independent sources are behind each indicator and step.",
    ),
    LateCommand(
        "import",
        "tocsin.cli.importing:import_file",
        "Record every row of some files, or none with everything that is wrong in any.",
    ),
    LateCommand(
        "fit", "tocsin.cli.fit:fit", "Fit the model to everything known; only a fit that passes the gate is served."
    ),
    LateCommand(
        "odds",
        "tocsin.cli.odds:odds",
        "Print the odds of every scenario by each horizon, with interval, prior, status and age.",
    ),
    LateCommand("whatif", "tocsin.cli.whatif:whatif", "Show what the odds would be if something were observed."),
    LateCommand(
        "why",
        "tocsin.cli.why:why",
        "Tell what moved the odds between two instants, in parts that sum to the change exactly.",
    ),
    LateCommand(
        "collect",
        "tocsin.cli.collect:collect_next",
        "Rank the indicators by what their next reading would tell, in expected bits.",
    ),
    LateCommand(
        "backup",
        "tocsin.cli.backup:backup",
        "Write everything into one file, read it back to be sure, and remove the oldest beyond those kept.",
    ),
    LateCommand("restore", "tocsin.cli.backup:restore_backup", "Put a backup into an empty store, or only verify it."),
    LateCommand(
        "serve",
        "tocsin.cli.serve:serve",
        "Bring the store up to date, then answer over HTTP and run the timetable, until stopped.",
    ),
    LateCommand(
        "web",
        "tocsin.cli.web:web",
        "Answer over HTTP on TOCSIN_HOST and TOCSIN_PORT, until control-C or a termination signal.",
    ),
    LateCommand(
        "worker",
        "tocsin.cli.worker:worker",
        "Run what the timetable says, until control-C or a termination signal; several workers may share a store.",
    ),
    LateCommand(
        "publish",
        "tocsin.cli.publish:publish",
        "Put the odds as of now on record, where there is something new to say; what is on record is never rewritten.",
    ),
    LateCommand(
        "history",
        "tocsin.cli.history:history",
        "Show what was stated when: odds, interval, status, age, why it was published, and what came of it.",
    ),
    LateCommand("resolve", "tocsin.cli.resolve:resolve", "Judge how a window came out."),
    LateCommand(
        "score",
        "tocsin.cli.score:score",
        "Score what was said first of each window that has closed, beside the base rate and persistence.",
    ),
    LateCommand(
        "backtest",
        "tocsin.cli.backtest:backtest",
        "Replay a theater at past days from what was known then, and score what would have been said by what came.",
    ),
    LateCommand(
        "verify",
        "tocsin.cli.verify:verify",
        "Verify the chain of publications, the draws of every fit, every reference and hash; nothing is changed.",
    ),
    LateCommand(
        "doctor",
        "tocsin.cli.doctor:doctor",
        "Look at every dependency, version, setting and known fault, and say what to do.",
    ),
    LateCommand(
        "feeds",
        "tocsin.cli.feeds:feeds",
        "List the feeds: what they have brought, when they last answered, and what is wrong or has changed.",
    ),
    LateCommand("review", "tocsin.cli.review:review", "What feeds suggest and a person decides."),
    LateCommand("db", "tocsin.cli.database:database", "The store's tables, and moving a store."),
    LateCommand(
        "jobs",
        "tocsin.cli.jobs:jobs",
        "Print what runs when and why, what came of it last, when it is due next, and each worker's last tick.",
    ),
    LateCommand(
        "alerts",
        "tocsin.cli.alerts:alerts",
        "Print how the alert of every rule stands, since when and why, what was told of it and who has it in hand.",
    ),
    LateCommand(
        "rules", "tocsin.cli.rules:rules", "Alert rules: which there are, their tests, and what they are worth."
    ),
    LateCommand("destination", "tocsin.cli.destination:destination", "Where notices of alerts go."),
    LateCommand("user", "tocsin.cli.user:user", "Who may sign in."),
    LateCommand("key", "tocsin.cli.key:key", "What programs sign in with."),
)
