//! The identifiers of 45 CFR 164.514(b)(2)(i), one variant a kind, in the order of the statute.

/// One kind of identifier. Dates and ages share letter (C) of the statute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identifier {
    /// (A) Names, of the person, of relatives, employers or household members.
    Name,
    /// (B) Geographic subdivisions smaller than a state.
    Place,
    /// (C) Elements of dates finer than a year.
    Date,
    /// (C) Ages over 89.
    Age,
    /// (D) Telephone numbers.
    Telephone,
    /// (E) Fax numbers.
    Fax,
    /// (F) Electronic mail addresses.
    Email,
    /// (G) Social security numbers; here also Korean resident registration numbers.
    SocialSecurity,
    /// (H) Medical record numbers.
    MedicalRecord,
    /// (I) Health plan beneficiary numbers.
    HealthPlan,
    /// (J) Account numbers, payment cards included.
    Account,
    /// (K) Certificate and licence numbers.
    Licence,
    /// (L) Vehicle identifiers and serial numbers, licence plates included.
    Vehicle,
    /// (M) Device identifiers and serial numbers.
    Device,
    /// (N) Web addresses.
    Url,
    /// (O) Internet Protocol addresses.
    Ip,
    /// (P) Biometric identifiers.
    Biometric,
    /// (Q) Full-face photographs and comparable images.
    Photograph,
    /// (R) Any other unique identifying number, characteristic or code.
    Other,
}

impl Identifier {
    /// The kind in the words of a note.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Name => "names",
            Self::Place => "places smaller than a state",
            Self::Date => "dates finer than a year",
            Self::Age => "ages over 89",
            Self::Telephone => "telephone numbers",
            Self::Fax => "fax numbers",
            Self::Email => "email addresses",
            Self::SocialSecurity => "social security or resident registration numbers",
            Self::MedicalRecord => "medical record numbers",
            Self::HealthPlan => "health plan beneficiary numbers",
            Self::Account => "account numbers",
            Self::Licence => "certificate or licence numbers",
            Self::Vehicle => "vehicle identifiers",
            Self::Device => "device identifiers",
            Self::Url => "web addresses",
            Self::Ip => "IP addresses",
            Self::Biometric => "biometric identifiers",
            Self::Photograph => "full-face photographs",
            Self::Other => "other unique identifiers",
        }
    }
}

/// What gave an identifier away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// The column's name, and values that fit it.
    Name,
    /// At least one released value, or nearly all where one alone could be chance.
    Value,
    /// The column's role in the schema.
    Role,
    /// Values that nearly all differ, in a column named as an identifier.
    Distinct,
}

impl Basis {
    /// The basis in the words of a note.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Name => "by name",
            Self::Value => "by value",
            Self::Role => "by role",
            Self::Distinct => "by name, nearly all distinct",
        }
    }
}
