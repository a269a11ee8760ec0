//! The field's words, as `explain` teaches them: for the person who signs, not for the person who
//! programs. Alphabetical; sources are named where a word has one.

/// One word of the field.
#[derive(Debug)]
pub struct Term {
    /// The word, kebab-case.
    pub word: &'static str,
    /// Other names for the same thing, kebab-case.
    pub also: &'static [&'static str],
    /// What it means, in plain words.
    pub meaning: &'static str,
}

const fn term(word: &'static str, also: &'static [&'static str], meaning: &'static str) -> Term {
    Term { word, also, meaning }
}

/// All terms, alphabetical.
pub const GLOSSARY: &[Term] = &[
    term(
        "adversary",
        &["attacker", "intruder"],
        "The person an attack imagines: someone who holds the release, knows certain things about \
         certain people, and tries to learn more. A result holds for the adversary it names and for \
         weaker ones, not for a stronger one.",
    ),
    term(
        "attack",
        &[],
        "A written procedure that does what an adversary would do, and counts how often it works. \
         An attack that fails shows only that this attack failed, unless a positive control shows \
         that it would have seen a leak.",
    ),
    term(
        "census",
        &[],
        "Every person was tried, not a sample of them. The count is then exact for these people and \
         has no sampling error; it can still miss what the attack does not see.",
    ),
    term(
        "confidence-bound",
        &["bound", "upper-bound", "lower-bound"],
        "The largest (or smallest) true value that the data do not rule out at the stated \
         confidence. A release passes when the upper bound is under the limit and fails when the \
         lower bound is over it; between the two nothing is shown.",
    ),
    term(
        "confidence-interval",
        &["interval"],
        "The range between a lower and an upper confidence bound. For counted rates dosimeter uses \
         exact methods: Clopper–Pearson when the people tried stand for an unlimited population, \
         hypergeometric when they are a sample of a known number of people. Exact means never too \
         narrow, also for rare events.",
    ),
    term(
        "contamination",
        &["contaminated-control"],
        "The generator has seen the people of the holdout, for example because the split was made \
         after training. The comparison then hides leaks, since the holdout is copied as much as \
         train is.",
    ),
    term(
        "control",
        &["baseline", "control-group"],
        "The same attack tried on people whom the generator never saw. What works as well on them \
         is chance or general knowledge; only what works better on the training people is a leak.",
    ),
    term(
        "copy",
        &["exact-copy", "exact-match", "replicate"],
        "A released row that equals a real person's record in every column compared. Some copies \
         happen by chance, above all in short tables, and so they are counted against a control.",
    ),
    term(
        "correct-attribution",
        &["cap", "correct-attribution-probability"],
        "How often someone guesses a person's value right by picking a random released row that agrees \
         with the person on the quasi-identifiers. Statistics alone make many guesses right, so that \
         the same is counted for people the generator never saw.",
    ),
    term(
        "differential-privacy",
        &["dp"],
        "A property of the procedure that makes a release, not of one file: whether any one person \
         is in the data or not changes the probability of any outcome by a small factor at most. \
         The factor is set by epsilon.",
    ),
    term(
        "direct-identifier",
        &["identifier"],
        "A column that names or numbers one person by itself: a name, a social security number, an \
         email address. It has no place in a release.",
    ),
    term(
        "disclosure",
        &["identity-disclosure", "attribute-disclosure", "membership-disclosure"],
        "Someone learns something about a person from a release. Identity disclosure: which record \
         is the person's. Attribute disclosure: something about the person that was not known. \
         Membership disclosure: that the person is in the data at all.",
    ),
    term(
        "distinguishability",
        &["propensity-score", "pmse"],
        "How well a classifier tells released rows from real ones that the generator never saw. It \
         describes how real a release looks and clears nothing: a copy of the real data looks \
         perfect.",
    ),
    term(
        "epsilon",
        &["privacy-budget", "privacy-loss"],
        "The strength of differential privacy: smaller is stronger, 0 would reveal nothing, and the \
         factor of the definition is e to the power epsilon. It is claimed by whoever built the \
         generator; an audit can contradict the claim but not prove it.",
    ),
    term(
        "equivalence-class",
        &["class"],
        "The people who share the values of all quasi-identifiers and cannot be told apart by them. In a \
         class of five a link by these values is right once in five.",
    ),
    term(
        "evidence",
        &["evidence-file"],
        "What the attacks measured, as counts: tried, succeeded, planted, detected. It holds no \
         record and no value of a person, so that it can be judged, rendered and signed without the \
         real data.",
    ),
    term(
        "exchangeability",
        &["exchangeable"],
        "Train and holdout are alike but for chance: it would have made no difference to swap their \
         people. Without it a difference between the two may come from the split, not from a leak.",
    ),
    term(
        "fail-closed",
        &[],
        "When something is missing, broken or undecided, the answer is never a pass. The opposite, \
         a green tick because nothing was measured, is called fail-open.",
    ),
    term(
        "fail-only",
        &["one-sided-rule"],
        "A rule that can stop a release and never helps to clear one. It is used for measures that \
         see some leaks and are known to miss others, such as distances.",
    ),
    term(
        "holdout",
        &["test-set", "control-sample"],
        "Real people of the same population who were set aside before the generator was trained. \
         They show what an attack finds by chance. Without them an audit can stop a release but not \
         clear it.",
    ),
    term(
        "inconclusive",
        &["not-shown", "undecided"],
        "Neither over nor under the limit is shown, or the measurement was not valid. The report \
         says what would settle it, such as more people or a better holdout.",
    ),
    term(
        "inference",
        &["attribute-inference"],
        "Telling a person's value of one column from what is known of the others. What is told of \
         strangers as well is knowledge about the world; the excess came from the person's own record. \
         One of the three criteria by which European regulators judge anonymisation (Article 29 \
         Working Party, Opinion 05/2014).",
    ),
    term(
        "k-anonymity",
        &["k-anonymous"],
        "Everyone shares their quasi-identifiers with at least k − 1 others in the same table. It \
         limits singling people out; it does not by itself hide what such a group has in common.",
    ),
    term(
        "linkability",
        &["linkage"],
        "Joining two sets of facts that belong to one person or group: within one table, or from two \
         sources. One of the three criteria by which European regulators judge anonymisation \
         (Article 29 Working Party, Opinion 05/2014).",
    ),
    term(
        "membership-inference",
        &["membership", "mia"],
        "Guessing whether a known person was among those the generator was trained on. Being in the \
         data can itself be sensitive: a table of patients of one clinic says where its people were.",
    ),
    term(
        "near-copy",
        &["near-match"],
        "A released row that equals a real record up to a small step in its numbers. To someone who \
         knows the person it is as telling as an exact copy.",
    ),
    term(
        "person",
        &["unit-of-privacy", "data-subject"],
        "The unit that is protected, counted, split and sampled. A person may have many rows; a \
         table without a subject column is read as one person a row.",
    ),
    term(
        "policy",
        &["policy-file"],
        "The written rules that a release is judged by: which measure, which limit, on whose \
         authority. It is fixed before the results are seen.",
    ),
    term(
        "positive-control",
        &["planted-leak", "plant", "calibration"],
        "A leak put into the release on purpose, to see whether the attack finds it. It turns \"we \
         found nothing\" into \"we would have found 95 of 100\".",
    ),
    term(
        "precision",
        &["width-of-knowledge"],
        "How closely an adversary is assumed to know a value: an age to the year or to ten years. \
         Coarser knowledge matches more people and points at each of them less.",
    ),
    term(
        "preset",
        &["built-in-policy"],
        "A policy that comes with dosimeter, each limit with its source and with what kind of source \
         it is: a statute, a regulator's number, a precedent, or a choice of this project.",
    ),
    term(
        "quasi-identifier",
        &["qi", "indirect-identifier", "key-variable"],
        "A column that names nobody alone but can in combination, because others may know it: age, \
         sex, region, a date of visit. Which columns these are is a claim that a person reviews.",
    ),
    term(
        "re-identification",
        &["reidentification"],
        "Finding out which person a record belongs to, although names were removed or the rows were \
         generated.",
    ),
    term(
        "release",
        &["synthetic-table", "released-table"],
        "The table that is to be handed out, as the file lies there. Everyone who gets it is assumed \
         to keep it and to be able to study it at leisure.",
    ),
    term(
        "replicated-unique",
        &["repu", "replicated-uniques"],
        "A person alone with their quasi-identifiers in the real data, whose quasi-identifiers exactly one \
         released row carries. The row looks like theirs, whether it was made from their record or not.",
    ),
    term(
        "safe-harbor",
        &["safe-harbour", "hipaa-safe-harbor"],
        "One of two ways in which the US HIPAA rule lets health data count as de-identified: 18 kinds \
         of identifiers are removed, and the releaser knows of no way to identify a person from the \
         rest (45 CFR 164.514(b)(2)). The other way is an expert's determination that the risk is \
         very small.",
    ),
    term(
        "sensitive-attribute",
        &["sensitive", "confidential-attribute"],
        "A column that a person would not want others to learn: a diagnosis, an income, a cause of \
         death.",
    ),
    term(
        "sensitivity",
        &["detection-rate", "recall"],
        "The share of real leaks that a detector sees, measured on planted ones. Of a detector that \
         sees half, a count of zero is weak evidence, and the bound is widened for it.",
    ),
    term(
        "shadow-model",
        &["shadow-models", "shadow-modelling"],
        "A run of the generator by the adversary, on data of which they know who is in. Many such runs, half of \
         them with a person and half without, teach what that person's presence does to a table.",
    ),
    term(
        "singling-out",
        &["isolation"],
        "Describing one person so closely that the description fits nobody else in the data. One of \
         the three criteria by which European regulators judge anonymisation.",
    ),
    term(
        "subject",
        &["subject-column", "person-column"],
        "The column that says which person a row belongs to. With it, people are counted instead of \
         rows, and all rows of a person stay on one side of a split.",
    ),
    term(
        "synthetic-data",
        &["synthetic"],
        "Artificial data made by a model that was trained to reproduce the structure of original \
         data, so that an analysis of either gives similar results (after the European Data \
         Protection Supervisor). Being synthetic does not make data anonymous: a model can repeat \
         the people it has seen.",
    ),
    term(
        "top-code",
        &["top-coding", "topcode"],
        "A largest value that stands for itself and all above, such as 90 for \"90 or older\". It \
         hides the few people at the end of a scale; a bottom code does the same at the other end.",
    ),
    term(
        "train",
        &["training-data", "real-data", "original-data"],
        "The real people on whose records the generator was trained, and whose privacy is measured.",
    ),
    term(
        "verdict",
        &["outcome", "finding"],
        "What the policy makes of the evidence: met, not met, or not shown, for each rule and for the \
         release. It is never \"safe\" or \"anonymous\": other attacks and other knowledge exist.",
    ),
    term(
        "waiver",
        &["exception"],
        "A signed and dated decision to accept one broken rule for one release, with a reason and an \
         end. It changes no number, stays visible in the report, and is not possible for exact \
         copies, Safe Harbor identifiers or missing evidence.",
    ),
    term(
        "worst-group",
        &["worst-case-group"],
        "The group of people for whom the risk is highest: a minority, or those with unusual \
         records. An average over everyone can be small while nearly all leaks fall on a few.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::GLOSSARY;

    fn kebab(word: &str) -> bool {
        word.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
    }

    #[test]
    fn words_are_sorted_and_unique() {
        assert!(GLOSSARY.windows(2).all(|pair| pair[0].word < pair[1].word));
    }

    #[test]
    fn no_two_terms_share_a_name() {
        let mut seen = BTreeSet::new();
        for name in GLOSSARY.iter().flat_map(|term| term.also.iter().chain([&term.word])) {
            assert!(kebab(name), "{name}");
            assert!(seen.insert(name), "{name} stands twice");
        }
    }

    #[test]
    fn meanings_are_one_to_four_sentences() {
        for term in GLOSSARY {
            assert!(term.meaning.ends_with('.'), "{}", term.word);
            assert!(!term.meaning.contains("  "), "{}", term.word);
            let sentences = term.meaning.split_inclusive(". ").count();
            assert!((1..=4).contains(&sentences), "{} has {sentences}", term.word);
        }
    }
}
