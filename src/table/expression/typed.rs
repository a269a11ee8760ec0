//! From syn's tree to a typed one: what does not fit together is refused here, not false later.

use syn::{BinOp, Block, Expr, Lit, Stmt, UnOp};

use super::function::Function;
use super::text::{COLUMN, prepared};
use super::{Arithmetic, Comparison, Expression, Node};
use crate::table::{ColumnKind, ColumnSchema, Value};

/// Seconds of a day: the unit of a difference of moments.
const DAY: f64 = 86_400.0;

/// What a part is: a column's kind, with the column that knows its levels.
#[derive(Clone, Copy)]
enum Type<'s> {
    Number,
    Moment,
    Truth,
    /// A rank in the levels of this column.
    Rank(&'s ColumnSchema),
    /// A category or text, of this column if it is one's.
    Label(Option<&'s ColumnSchema>),
}

type Part<'s> = (Node, Type<'s>);

pub(super) fn parse(text: &str, columns: &[(String, ColumnSchema)]) -> Result<Expression, String> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let prepared = prepared(text, &names)?;
    let tree: Expr = syn::parse_str(&prepared).map_err(|error| error.to_string())?;
    let (root, of) = Reader { columns }.part(&tree)?;
    let mut places = Vec::new();
    root.collect(&mut places);
    places.sort_unstable();
    places.dedup();
    let kind = match of {
        Type::Number => ColumnKind::Continuous,
        Type::Moment => ColumnKind::DateTime,
        Type::Truth => ColumnKind::Boolean,
        Type::Rank(_) => ColumnKind::Ordinal,
        Type::Label(_) => ColumnKind::Categorical,
    };
    Ok(Expression { text: text.trim().to_owned(), kind, columns: places, root })
}

impl Node {
    /// Adds the places of the columns under this node.
    fn collect(&self, places: &mut Vec<usize>) {
        match self {
            Self::Column(place) => places.push(*place),
            Self::Number(_) | Self::Truth(_) | Self::Label(_) => {}
            Self::Not(inner) => inner.collect(places),
            Self::And(sides)
            | Self::Or(sides)
            | Self::Compare(_, sides)
            | Self::Arithmetic(_, sides) => sides.iter().for_each(|side| side.collect(places)),
            Self::Call(_, arguments) => arguments.iter().for_each(|part| part.collect(places)),
            Self::If(parts) => parts.iter().for_each(|part| part.collect(places)),
        }
    }
}

/// Knows the columns.
struct Reader<'s> {
    columns: &'s [(String, ColumnSchema)],
}

impl<'s> Reader<'s> {
    fn part(&self, tree: &Expr) -> Result<Part<'s>, String> {
        match tree {
            Expr::Paren(inner) => self.part(&inner.expr),
            Expr::Group(inner) => self.part(&inner.expr),
            Expr::Lit(literal) => self.literal(&literal.lit),
            Expr::Path(path) => {
                let word = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
                self.column(&word)
            }
            Expr::Unary(unary) => self.unary(&unary.op, &unary.expr),
            Expr::Binary(binary) => self.binary(&binary.left, &binary.op, &binary.right),
            Expr::If(choice) => {
                let condition = truth(self.part(&choice.cond)?)?;
                let no = choice.else_branch.as_ref().map(|(_, no)| &**no);
                let no = no.ok_or("expected `else { … }` after `if … { … }`")?;
                let (yes, no) = (self.block(&choice.then_branch)?, self.part(no)?);
                let (yes, no, of) = match (yes, no) {
                    // Texts of any origin: the result need not be a level of either side's column.
                    ((yes, Type::Label(_)), (no, Type::Label(_))) => (yes, no, Type::Label(None)),
                    (yes, no) => matched(yes, no, "the two sides of `if`")?,
                };
                Ok((Node::If(Box::new([condition, yes, no])), of))
            }
            Expr::Block(block) => self.block(&block.block),
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else { return Err(unknown()) };
                let word = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
                let function = Function::ALL.into_iter().find(|known| known.name() == word);
                let arguments =
                    call.args.iter().map(|part| self.part(part)).collect::<Result<_, _>>()?;
                called(function.ok_or_else(unknown)?, arguments)
            }
            _ => Err(unknown()),
        }
    }

    fn block(&self, block: &Block) -> Result<Part<'s>, String> {
        match block.stmts.as_slice() {
            [Stmt::Expr(inner, None)] => self.part(inner),
            _ => Err("expected one expression between `{` and `}`".to_owned()),
        }
    }

    fn literal(&self, literal: &Lit) -> Result<Part<'s>, String> {
        let number = |digits: &str, suffix: &str| match digits.parse::<f64>() {
            Ok(number) if suffix.is_empty() && number.is_finite() => {
                Ok((Node::Number(number), Type::Number))
            }
            _ => Err(format!("expected a number, found `{digits}{suffix}`")),
        };
        match literal {
            Lit::Int(int) => number(int.base10_digits(), int.suffix()),
            Lit::Float(float) => number(float.base10_digits(), float.suffix()),
            Lit::Bool(truth) => Ok((Node::Truth(truth.value), Type::Truth)),
            Lit::Str(text) => Ok((Node::Label(text.value().into()), Type::Label(None))),
            _ => Err(unknown()),
        }
    }

    fn column(&self, word: &str) -> Result<Part<'s>, String> {
        let place = word.strip_prefix(COLUMN).and_then(|place| place.parse::<usize>().ok());
        let found = place.and_then(|place| Some((place, self.columns.get(place)?)));
        let (place, (_, schema)) = found.ok_or_else(unknown)?;
        let of = match schema.kind {
            ColumnKind::Ordinal if schema.levels.is_some() => Type::Rank(schema),
            ColumnKind::Continuous | ColumnKind::Integer | ColumnKind::Ordinal => Type::Number,
            ColumnKind::DateTime => Type::Moment,
            ColumnKind::Boolean => Type::Truth,
            ColumnKind::Categorical | ColumnKind::Text => Type::Label(Some(schema)),
        };
        Ok((Node::Column(place), of))
    }

    fn unary(&self, operator: &UnOp, inner: &Expr) -> Result<Part<'s>, String> {
        let inner = self.part(inner)?;
        match operator {
            UnOp::Not(_) => Ok((Node::Not(Box::new(truth(inner)?)), Type::Truth)),
            UnOp::Neg(_) => match inner {
                (Node::Number(number), Type::Number) => Ok((Node::Number(-number), Type::Number)),
                inner => {
                    let sides = Box::new([Node::Number(0.0), number(inner)?]);
                    Ok((Node::Arithmetic(Arithmetic::Subtract, sides), Type::Number))
                }
            },
            _ => Err(unknown()),
        }
    }

    fn binary(&self, left: &Expr, operator: &BinOp, right: &Expr) -> Result<Part<'s>, String> {
        let (left, right) = (self.part(left)?, self.part(right)?);
        let comparison = match operator {
            BinOp::And(_) => {
                return Ok((Node::And(Box::new([truth(left)?, truth(right)?])), Type::Truth));
            }
            BinOp::Or(_) => {
                return Ok((Node::Or(Box::new([truth(left)?, truth(right)?])), Type::Truth));
            }
            BinOp::Add(_) => return arithmetic(Arithmetic::Add, left, right),
            BinOp::Sub(_) => return arithmetic(Arithmetic::Subtract, left, right),
            BinOp::Mul(_) => return arithmetic(Arithmetic::Multiply, left, right),
            BinOp::Div(_) => return arithmetic(Arithmetic::Divide, left, right),
            BinOp::Rem(_) => return arithmetic(Arithmetic::Remainder, left, right),
            BinOp::Eq(_) => Comparison::Equal,
            BinOp::Ne(_) => Comparison::Unequal,
            BinOp::Lt(_) => Comparison::Less,
            BinOp::Le(_) => Comparison::AtMost,
            BinOp::Gt(_) => Comparison::More,
            BinOp::Ge(_) => Comparison::AtLeast,
            _ => return Err(unknown()),
        };
        let (left, right, of) = matched(left, right, "a comparison")?;
        let equality = matches!(comparison, Comparison::Equal | Comparison::Unequal);
        if !equality && matches!(of, Type::Label(_) | Type::Truth) {
            return Err(format!("{} have no order: expected = or !=", described(of)));
        }
        Ok((Node::Compare(comparison, Box::new([left, right])), Type::Truth))
    }
}

fn unknown() -> String {
    "expected columns, numbers, texts in quotes, operators and functions only".to_owned()
}

fn described(of: Type<'_>) -> &'static str {
    match of {
        Type::Number => "numbers",
        Type::Moment => "moments",
        Type::Truth => "truth values",
        Type::Rank(_) => "levels of an ordinal column",
        Type::Label(_) => "texts",
    }
}

fn truth(part: Part<'_>) -> Result<Node, String> {
    match part {
        (node, Type::Truth) => Ok(node),
        (_, of) => Err(format!("expected something true or false, found {}", described(of))),
    }
}

fn number(part: Part<'_>) -> Result<Node, String> {
    match part {
        (node, Type::Number) => Ok(node),
        (_, of) => Err(format!("expected numbers, found {}", described(of))),
    }
}

/// Two parts as values of one type. A text takes the type of what it stands beside.
fn matched<'s>(
    left: Part<'s>,
    right: Part<'s>,
    place: &str,
) -> Result<(Node, Node, Type<'s>), String> {
    match (left, right) {
        ((Node::Label(text), Type::Label(None)), (right, of)) => Ok((read(&text, of)?, right, of)),
        ((left, of), (Node::Label(text), Type::Label(None))) => Ok((left, read(&text, of)?, of)),
        ((left, Type::Number), (right, Type::Number)) => Ok((left, right, Type::Number)),
        ((left, Type::Moment), (right, Type::Moment)) => Ok((left, right, Type::Moment)),
        ((left, Type::Truth), (right, Type::Truth)) => Ok((left, right, Type::Truth)),
        ((left, of @ Type::Label(_)), (right, Type::Label(_))) => Ok((left, right, of)),
        ((left, of @ Type::Rank(first)), (right, Type::Rank(second)))
            if first.levels == second.levels =>
        {
            Ok((left, right, of))
        }
        ((_, left), (_, right)) => Err(format!(
            "{place} needs two of a kind, and these are {} and {}",
            described(left),
            described(right)
        )),
    }
}

/// A text in quotes as a value of a type.
fn read(text: &str, of: Type<'_>) -> Result<Node, String> {
    let moment = ColumnSchema::new(ColumnKind::DateTime);
    let value = match of {
        Type::Rank(schema) | Type::Label(Some(schema)) => schema.value(text)?,
        Type::Moment => moment.value(text)?,
        Type::Label(None) => Value::Label(text.into()),
        Type::Number | Type::Truth => {
            return Err(format!("{} are written without quotes, found `{text}`", described(of)));
        }
    };
    Ok(match value {
        Value::Number(number) => Node::Number(number),
        Value::Label(label) => Node::Label(label),
    })
}

fn arithmetic<'s>(
    operator: Arithmetic,
    left: Part<'s>,
    right: Part<'s>,
) -> Result<Part<'s>, String> {
    let node = |operator, left, right| Node::Arithmetic(operator, Box::new([left, right]));
    let seconds = |days| node(Arithmetic::Multiply, days, Node::Number(DAY));
    let (left, right) = match (left, right) {
        // A text beside a moment is a moment.
        ((Node::Label(text), Type::Label(None)), right @ (_, Type::Moment)) => {
            ((read(&text, Type::Moment)?, Type::Moment), right)
        }
        (left @ (_, Type::Moment), (Node::Label(text), Type::Label(None))) => {
            (left, (read(&text, Type::Moment)?, Type::Moment))
        }
        sides => sides,
    };
    match (operator, left, right) {
        (Arithmetic::Subtract, (left, Type::Moment), (right, Type::Moment)) => {
            let difference = node(Arithmetic::Subtract, left, right);
            Ok((node(Arithmetic::Divide, difference, Node::Number(DAY)), Type::Number))
        }
        (Arithmetic::Add | Arithmetic::Subtract, (moment, Type::Moment), (days, Type::Number)) => {
            Ok((node(operator, moment, seconds(days)), Type::Moment))
        }
        (Arithmetic::Add, (days, Type::Number), (moment, Type::Moment)) => {
            Ok((node(operator, moment, seconds(days)), Type::Moment))
        }
        (_, left, right) => Ok((node(operator, number(left)?, number(right)?), Type::Number)),
    }
}

fn called(function: Function, arguments: Vec<Part<'_>>) -> Result<Part<'_>, String> {
    let (fewest, most) = function.arguments();
    if arguments.len() < fewest || arguments.len() > most {
        return Err(format!(
            "`{}` takes {}, found {}",
            function.name(),
            if fewest == most { fewest.to_string() } else { format!("{fewest} or more") },
            arguments.len()
        ));
    }
    let call = |nodes, of| Ok((Node::Call(function, nodes), of));
    match function {
        Function::IsMissing => {
            call(arguments.into_iter().map(|(node, _)| node).collect(), Type::Truth)
        }
        Function::Among | Function::Min | Function::Max => {
            let mut parts = arguments.into_iter();
            let Some(first) = parts.next() else { return Err(unknown()) };
            let of = first.1;
            let mut nodes = vec![first.0];
            for part in parts {
                let place = format!("`{}`", function.name());
                nodes.push(matched((Node::Truth(true), of), part, &place)?.1);
            }
            match (function, of) {
                (Function::Among, _) => call(nodes, Type::Truth),
                (_, Type::Number | Type::Moment | Type::Rank(_)) => call(nodes, of),
                _ => {
                    Err(format!("{} have no order: `{}` needs one", described(of), function.name()))
                }
            }
        }
        Function::Year | Function::Month | Function::Day => match arguments.into_iter().next() {
            Some((node, Type::Moment)) => call(vec![node], Type::Number),
            Some((_, of)) => {
                Err(format!("`{}` takes a moment, found {}", function.name(), described(of)))
            }
            None => Err(unknown()),
        },
        _ => call(arguments.into_iter().map(number).collect::<Result<_, _>>()?, Type::Number),
    }
}
