//! Policies, audit files, waivers and evidence that are not what they should be: nothing that a slip
//! of the pen could clear is accepted.

use super::support::Case;

const RULE: &str = "[[rule]]\nid = 'r'\nmetric = 'copies.exact-excess'\nscope = 'all'\nop = 'lt'\n\
                    limit = '0.2%'\nseverity = 'block'\n";
const HEAD: &str =
    "schema = 1\nid = 'ours'\nversion = '1'\ntitle = 'Ours'\nbasis = 'house'\nsource = 'test'\n";

#[test]
fn slips_in_a_policy_are_refused_at_their_line() {
    let rule = |from: &str, to: &str| format!("{HEAD}{}", RULE.replace(from, to));
    let cases = [
        (rule("severity", "severty"), 13, "unknown field `severty`"),
        (rule("excess", "exces"), 9, "did you mean `copies.exact-excess`?"),
        (rule("'all'", "'everyone'"), 10, "unknown variant"),
        (rule("'0.2%'", "0.04"), 12, "factor of 100"),
        (rule("'0.2%'", "1"), 12, "factor of 100"),
        (rule("'0.2%'", "'0.04'"), 12, "expected a percentage such as \"0.04%\""),
        (rule("'0.2%'", "0.04\nunit = 'percent'"), 12, "bare number"),
        (rule("'0.2%'", "nan\nunit = 'fraction'"), 12, "between 0 % and 100 %"),
        (rule("'0.2%'", "inf\nunit = 'fraction'"), 12, "between 0 % and 100 %"),
        (rule("'0.2%'", "20\nunit = 'fraction'"), 12, "between 0 % and 100 %"),
        (rule("'0.2%'", "'-1%'"), 12, "expected a percentage"),
        (rule("'0.2%'", "'200%'"), 12, "between 0 % and 100 %"),
        (rule("'lt'", "'ge'"), 11, "lower values of `copies.exact-excess` are safer"),
        (rule("'block'", "'warn'"), 1, "at least one rule with severity = \"block\""),
        (HEAD.to_owned(), 1, "at least one rule with severity = \"block\""),
        (format!("{HEAD}{RULE}{RULE}"), 15, "rule id `r` is used twice"),
        (format!("{HEAD}extends = 'base-privcy'\n{RULE}"), 7, "did you mean `base-privacy`?"),
        (format!("{HEAD}{RULE}[evidence]\nconfidence = 1.0"), 15, "from 0.5 to below 1"),
        (format!("{HEAD}{RULE}[evidence]\nconfidence = nan"), 15, "from 0.5 to below 1"),
        (format!("{HEAD}{RULE}").replace("schema = 1", "schema = 2"), 1, "expected schema = 1"),
        (format!("{HEAD}{RULE}").replace("id = 'ours'", "id = "), 2, ""),
    ];
    let case = Case::new();
    for (text, line, words) in cases {
        case.write("slip.toml", text);
        case.refused(&["--policy", "slip.toml"], &[&format!("slip.toml:{line}: "), words]);
        case.run(&["policy", "lint", "slip.toml"]).exits(2).says(&[words]);
    }
}

#[test]
fn what_is_said_of_the_population_must_be_possible() {
    let case = Case::new();
    for bad in ["0", "1.5", "-0.1", "nan", "5"] {
        case.refused(&[&format!("--sampling-fraction={bad}")], &["above 0 and at most 1"]);
    }
    case.refused(&["--population", "absent.csv"], &["absent.csv: no such file"]);
    case.write("register.csv", "age,town\n90,A\n");
    let words = ["register.csv: column `sex`", "the column in the file"];
    case.refused(&["--population", "register.csv"], &words);
    case.rows("train.csv", "few.csv", |rows| rows.truncate(100));
    case.refused(&["--population", "few.csv"], &["population has fewer persons"]);
    case.edit("audit.toml", |text| text + "sampling-fraction = 2.0\n");
    case.refused(&[], &["above 0 and at most 1"]);
    case.edit("audit.toml", |text| text.replace("2.0", "0.05\npopulation = 'train.csv'"));
    case.refused(&[], &["expected one of them"]);
}

#[test]
fn a_policy_may_tighten_what_it_extends_and_never_loosen_it() {
    type Change = fn(String) -> String;
    let case = Case::new();
    let base = |change: Change| {
        let rule = RULE.replace("'r'", "'copies-exact-excess'");
        change(format!("{HEAD}extends = 'base-privacy'\n{rule}"))
    };
    let cases: [(Change, &str); 7] = [
        (|text| text.replace("0.2%", "0.3%"), "tightened, never loosened"),
        (|text| text.replace("'lt'", "'le'"), "tightened, never loosened"),
        (|text| text.replace("'block'", "'fail-only'"), "may not become fail-only"),
        (|text| text.replace("exact-excess'\nscope", "exact'\nscope"), "may not change the metric"),
        (|text| text.replace("exact-excess'\nscope", "near-excess'\nscope"), "already judges"),
        (|text| text.replace("[[rule]]", "advisory = true\n[[rule]]"), "`advisory` is laxer"),
        (|text| text + "[evidence]\nconfidence = 0.9", "`confidence` is laxer"),
    ];
    for (change, words) in cases {
        case.write("loose.toml", base(change));
        case.refused(&["--policy", "loose.toml"], &["loose.toml:", words]);
    }
    case.write("tight.toml", base(|text| text.replace("0.2%", "0.1%")));
    case.audit(&["--policy", "tight.toml"]).exits(0);
}

#[test]
fn without_a_policy_the_presets_are_listed_and_a_wrong_one_is_suggested() {
    let case = Case::new();
    case.edit("audit.toml", |text| text.replace("policy = 'policy.toml'\n", ""));
    case.refused(
        &[],
        &["no policy: expected --policy", "base-privacy", "dev-test-data", "a data engineer"],
    );
    let words =
        ["no preset is called `base-privcy`", "did you mean `base-privacy`?", "dev-test-data"];
    case.refused(&["--policy", "base-privcy"], &words);
    case.refused(&["--policy", "absent.toml"], &["absent.toml", "cannot read"]);
}

#[test]
fn audit_files_and_flags_that_ask_for_nothing_possible() {
    let cases = [
        ("synthethic = 'x.csv'\n", 8, "unknown field `synthethic`"),
        ("seed = -1\n", 8, "integer `-1`"),
        ("[attack.copies]\ntolerance = 0.001\n[attack.copis]\n", 0, "did you mean `copies`?"),
        ("[attack.copies]\ntolerance = 'small'\n", 0, "[attack.copies]: invalid type"),
        ("[attack.copies]\ntolerence = 0.001\n", 0, "unknown field `tolerence`"),
        (
            "[attack.copies]\ntolerance = -1.0\n",
            0,
            "expected a number from 0.001 to 0.01, found -1",
        ),
        (
            "[attack.copies]\ntolerance = nan\n",
            0,
            "expected a number from 0.001 to 0.01, found NaN",
        ),
        (
            "[attack.safe-harbor]\nmatch-share = 2.0\n",
            0,
            "expected a number from 0 to 0.9, found 2",
        ),
        ("[attack.safe-harbor]\nage-limit = 1e9\n", 0, "expected a number from 0 to 90"),
        ("[attack]\ncopies = 1\n", 0, "expected [attack.copies] to be a table"),
    ];
    for (text, line, words) in cases {
        let case = Case::new();
        case.edit("audit.toml", |audit| audit + text);
        let place = if line == 0 { String::new() } else { format!("audit.toml:{line}: ") };
        case.refused(&[], &[&place, words]);
    }
    for (key, words) in [
        ("real", "no real table: expected --real FILE"),
        ("synthetic", "no released table: expected --synthetic FILE"),
        ("schema", "no schema: expected --schema FILE"),
    ] {
        let case = Case::new();
        case.edit("audit.toml", |text| {
            text.lines()
                .filter(|line| !line.starts_with(key))
                .map(|line| line.to_owned() + "\n")
                .collect()
        });
        case.refused(&[], &[words]);
    }
    let case = Case::new();
    case.write("other.toml", "");
    std::fs::create_dir(case.path("sub")).unwrap();
    std::fs::copy(case.path("release.csv"), case.path("sub/release.csv")).unwrap();
    let twins = ["--synthetic", "release.csv", "--synthetic", "sub/release.csv"];
    case.refused(&twins, &["two releases are called `release`", "different file names"]);
    case.audit(&["--attempt", "0"]).exits(2);
    case.audit(&["--seed", "9007199254740993"]).exits(2);
}

#[test]
fn schemas_with_slips() {
    for (from, to, words) in [
        ("\"integer\"", "\"intger\"", "did you mean `integer`?"),
        ("lower  = 50", "loewr  = 50", "did you mean `lower`?"),
        ("lower  = 50", "lower  = 99", "`lower` must not be above `upper`"),
        ("\"quasi-identifier\"", "\"quasi\"", "unknown variant"),
    ] {
        let case = Case::new();
        case.edit("schema.toml", |text| text.replacen(from, to, 1));
        case.refused(&[], &["schema.toml:", words]);
    }
    let case = Case::new();
    let bytes = encoding_rs::EUC_KR.encode("# 스키마\n").0.into_owned();
    case.write("schema.toml", [bytes, case.read("schema.toml").into_bytes()].concat());
    case.refused(&[], &["schema.toml", "expected UTF-8"]);
}

const WAIVER: &str = "[[waiver]]\nrule = 'r'\nsubject-digest = 'DIGEST'\nmax-value = 0.1\n\
                      reason = 'agreed with the data protection officer'\napprover = 'A'\n\
                      ticket = 'T-1'\ncreated = 2026-01-01\nexpires = 2026-02-01\n";

#[test]
fn waivers_with_slips() {
    let good = WAIVER.replace("DIGEST", &"0".repeat(64));
    for (from, to, words) in [
        ("max-value = 0.1", "max-value = nan", "finite `max-value`"),
        ("max-value = 0.1\n", "", "missing field `max-value`"),
        ("2026-02-01", "2026-12-01", "0 to 90 days after `created`"),
        ("2026-02-01", "2025-12-01", "0 to 90 days after `created`"),
        ("agreed with the data protection officer", "ok", "at least 20 characters"),
        ("approver = 'A'", "approver = ' '", "`approver` to be filled in"),
        ("rule = 'r'", "rules = 'r'", "unknown field `rules`"),
        ("2026-01-01", "2026-01-01T00:00:00Z", "`created` to be a date"),
        (&"0".repeat(64)[..], "0000", "subject-digest"),
    ] {
        let case = Case::new();
        case.write("waivers.toml", good.replace(from, to));
        case.refused(&["--waivers", "waivers.toml"], &["waivers.toml:", words]);
    }
    Case::new().refused(&["--waivers", "absent.toml"], &["absent.toml", "cannot read"]);
}

#[test]
fn damaged_evidence_is_not_judged() {
    let case = Case::new();
    case.audit(&[]).exits(0);
    let whole = case.read("out/evidence.json");
    let damages = [
        (String::new(), "ends too early"),
        (whole[..whole.len() / 2].to_owned(), "ends too early"),
        (whole[..whole.len() - 1].to_owned(), "ends too early"),
        (whole.replace("\"trials\":5249", "\"trials\":9999999"), "digest does not match"),
        (whole.replacen("\"seed\":0", "\"seed\":0,\"seed\":0", 1), "occurs twice"),
        (whole.replacen("\"seed\":0", "\"seed\":0,\"sead\":0", 1), "unknown field"),
        (whole.replacen("\"seed\":0,", "", 1), "missing field `seed`"),
        (whole.replacen("\"group\":null,", "", 1), "missing field `group`"),
        (whole.replacen("\"seed\":0", "\"seed\":NaN", 1), "not JSON"),
        ("[]".to_owned(), "expected a JSON object"),
        ("age,sex\n1,F\n".to_owned(), "not JSON"),
    ];
    for (text, words) in damages {
        assert_ne!(text, whole, "{words}");
        case.write("damaged.json", text);
        let run = case.run(&["check", "damaged.json", "--policy", "base-privacy"]);
        run.exits(2).says(&["damaged.json: not valid evidence", words]);
        assert!(run.stdout.is_empty());
        case.run(&["check", "damaged.json", "--policy", "base-privacy", "--exit-zero"]).exits(2);
    }
    case.run(&["check", "out", "--policy", "base-privacy"]).exits(2).says(&["cannot read"]);
    case.run(&["check", "out/evidence.json"]).exits(2).says(&["--policy"]);
}
