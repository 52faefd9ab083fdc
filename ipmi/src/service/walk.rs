//! Reading a list whose items name the next one by its ID. `chain` says which is asked for; here it is asked, and what
//! could not be read is reported.

use std::collections::VecDeque;

use futures_util::stream::unfold;

use super::chain::{Ask, Chain, FIRST, Found, Gap, is_absent};
use super::steps::Failure;
use crate::command::CompletionCode;
use crate::partial::{Item, List, ReadError};
use crate::{Error, ErrorKind};

/// A list that is linked by IDs.
pub(super) trait Linked: Send + 'static {
    type Item: Send + 'static;
    /// What is being done, for errors.
    const ACTION: &'static str;

    /// Reads what stands at an ID.
    fn read(&mut self, id: u16) -> impl Future<Output = Result<Found<Self::Item>, Failure>> + Send;
    /// Asks how many items there are, where the BMC says.
    fn count(&mut self) -> impl Future<Output = Option<usize>> + Send;
    /// How an item is named in errors.
    fn name(id: u16) -> Item;
    /// The BMC's address.
    fn peer(&self) -> &str;
}

/// Reads a list from an ID on.
pub(super) fn walk<L: Linked>(list: L, from: u16) -> List<L::Item> {
    let (chain, queue) = (Chain::from(from), VecDeque::new());
    let walk = Walk { list, chain, count: None, read: 0, missing: 0, guessed: false, queue };
    List::new(unfold(walk, |mut walk| async move { walk.next().await.map(|item| (item, walk)) }))
}

struct Walk<L: Linked> {
    list: L,
    chain: Chain,
    /// How many items the BMC says that there are, once it was asked.
    count: Option<Option<usize>>,
    read: usize,
    missing: usize,
    /// Whether a next item was guessed: others may have been passed over.
    guessed: bool,
    queue: VecDeque<Result<L::Item, ReadError>>,
}

impl<L: Linked> Walk<L> {
    async fn next(&mut self) -> Option<Result<L::Item, ReadError>> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                return Some(item);
            }
            match self.chain.ask() {
                Ask::For(id) => self.ask_for(id).await,
                Ask::End if self.guessed => self.tell_passed_over().await,
                Ask::End => return None,
                Ask::Nothing(gap) => self.give_up(gap).await,
            }
        }
    }

    async fn ask_for(&mut self, id: u16) {
        match self.list.read(id).await {
            Ok(found) => {
                let crossed = self.chain.found(id, &found);
                // What was passed over on the way here comes first.
                if let Some(gap) = crossed {
                    self.tell_gap(gap).await;
                }
                if !self.chain.is_new {
                    return;
                }
                self.read = self.read.saturating_add(usize::from(found.item.is_some()));
                self.missing = self.missing.saturating_add(usize::from(found.item.is_none()));
                self.queue.extend(found.item.map(Ok));
                let name = L::name(if id == FIRST { found.id } else { id });
                self.queue.extend(found.problem.map(|problem| Err(ReadError::new(name, problem))));
            }
            Err(Failure::All(error)) => self.end_with(id, error),
            Err(Failure::Step(error)) => {
                let nothing_yet = self.read.saturating_add(self.missing) == 0 && !self.chain.is_searching();
                if nothing_yet && is_about_the_list(&error) {
                    return self.end_with(id, error);
                }
                if nothing_yet && id == FIRST {
                    let count = self.count().await;
                    // An empty list has no first item.
                    if count == Some(0) || (count.is_none() && is_absent(&error)) {
                        return self.chain.end();
                    }
                }
                self.chain.refused(id, error);
            }
        }
    }

    async fn count(&mut self) -> Option<usize> {
        match self.count {
            Some(count) => count,
            None => {
                let count = self.list.count().await;
                *self.count.insert(count)
            }
        }
    }

    /// Names what was passed over: the item whose next one wasn't known, and those behind it that were refused.
    async fn tell_gap(&mut self, gap: Gap) {
        let Some(error) = gap.error else {
            return;
        };
        self.guessed = true;
        let count = self.count().await;
        // The one that was just found is there as well.
        let open = count
            .map_or(usize::MAX, |count| count.saturating_sub(self.read.saturating_add(self.missing).saturating_add(1)));
        // The first one has an ID of its own, under which it was refused again.
        let again = gap.from == FIRST && !gap.refused.is_empty();
        let refused = [(gap.from, error)].into_iter().skip(usize::from(again)).chain(gap.refused);
        for (id, error) in refused.take(open.max(1)) {
            self.tell(ReadError::new(L::name(id), error));
        }
    }

    /// At the end, says what was neither read nor named.
    async fn tell_passed_over(&mut self) {
        self.guessed = false;
        let (count, named) = (self.count().await, self.read.saturating_add(self.missing));
        if let (Some(count), Some(last)) = (count, self.chain.last)
            && count > named
        {
            let detail = format!("the BMC says that there are {count}, and {named} were found");
            let error = Error::new(ErrorKind::Malformed, L::ACTION, detail).at(self.list.peer());
            self.tell(ReadError::from_here_on(L::name(last), error));
        }
    }

    fn tell(&mut self, error: ReadError) {
        self.missing = self.missing.saturating_add(1);
        self.queue.push_back(Err(error));
    }

    /// There is nothing more to ask for: says what is missing.
    async fn give_up(&mut self, gap: Gap) {
        self.chain.end();
        let count = self.count().await;
        if count.is_some_and(|count| count <= self.read.saturating_add(self.missing)) {
            return;
        }
        let error = gap.error.unwrap_or_else(|| {
            let read = self.read;
            let of = count.map(|count| format!(" of {count}")).unwrap_or_default();
            let detail = format!("what comes behind it was there before; {read}{of} were read");
            Error::new(ErrorKind::Malformed, L::ACTION, detail).at(self.list.peer())
        });
        self.tell(ReadError::from_here_on(L::name(gap.from), error));
    }

    fn end_with(&mut self, id: u16, error: Error) {
        self.chain.end();
        self.tell(ReadError::from_here_on(L::name(id), error));
    }
}

/// Whether a refusal isn't about the one item: the command is unknown, or not allowed.
fn is_about_the_list(error: &Error) -> bool {
    matches!(
        error.completion_code(),
        Some(
            CompletionCode::InvalidCommand
                | CompletionCode::InvalidForLun
                | CompletionCode::InsufficientPrivilege
                | CompletionCode::SubFunctionDisabled
        )
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures_util::StreamExt;

    use super::super::chain::{LAST, NEIGHBOURS};
    use super::*;
    use crate::partial::Partial;

    /// A list as a BMC has it: what it answers at each ID.
    #[derive(Default)]
    struct Listed {
        at: BTreeMap<u16, Answer>,
        count: Option<usize>,
        asked: u32,
    }

    #[derive(Clone, Copy)]
    enum Answer {
        /// An item with its own ID and the next.
        Item(u16, u16),
        /// The same, of which nothing can be read.
        Broken(u16, u16),
        Refused(u8),
    }
    use Answer::{Broken, Item as Is, Refused};

    impl Linked for Listed {
        type Item = u16;
        const ACTION: &'static str = "reading a test";

        async fn read(&mut self, id: u16) -> Result<Found<u16>, Failure> {
            self.asked += 1;
            assert!(self.asked < 100_000, "it has no end");
            let refused = |code: u8| Error::new(ErrorKind::Refused(code.into()), "Get", "");
            match self.at.get(&id).copied().unwrap_or(Refused(0xcb)) {
                Is(id, next) => Ok(Found { id, next, content: Vec::new(), item: Some(id), problem: None }),
                Broken(id, next) => {
                    let problem = Some(Error::new(ErrorKind::Malformed, "Get", ""));
                    Ok(Found { id, next, content: Vec::new(), item: None, problem })
                }
                Refused(code) => Err(Failure::Step(refused(code))),
            }
        }

        async fn count(&mut self) -> Option<usize> {
            self.count
        }

        fn name(id: u16) -> Item {
            Item::Record(id)
        }

        fn peer(&self) -> &str {
            "a BMC"
        }
    }

    /// A list of these IDs.
    fn listed(ids: &[u16]) -> Listed {
        let mut at = BTreeMap::new();
        for (index, id) in ids.iter().enumerate() {
            let item = Is(*id, ids.get(index + 1).copied().unwrap_or(LAST));
            at.insert(*id, item);
            if index == 0 {
                at.insert(FIRST, item);
            }
        }
        Listed { at, count: Some(ids.len()), asked: 0 }
    }

    async fn read(list: Listed) -> Partial<u16> {
        let mut all = Partial::default();
        let mut stream = walk(list, FIRST);
        while let Some(item) = stream.next().await {
            all.take(item);
        }
        all
    }

    fn missing(all: &Partial<u16>) -> Vec<(u16, bool)> {
        let id = |item: &Item| if let Item::Record(id) = item { *id } else { 0 };
        all.missing.iter().map(|missing| (id(missing.item()), missing.ends_list())).collect()
    }

    const LISTS: [&[u16]; 4] =
        [&[1, 2, 3, 4, 5, 6], &[4, 71, 138, 205, 272], &[10, 12, 14, 20, 21], &[0xfff0, 0xfff1, 0xfff2]];

    #[tokio::test]
    async fn each_item_in_turn_refused_hides_none_of_the_others() {
        for ids in LISTS {
            for (index, id) in ids.iter().enumerate() {
                for code in [0xc0, 0xc3, 0xc9, 0xcb, 0xcc, 0xce, 0xd5, 0xff, 0x80] {
                    for count in [Some(ids.len()), None] {
                        let mut list = listed(ids);
                        list.count = count;
                        list.at.insert(*id, Refused(code));
                        if index == 0 {
                            list.at.insert(FIRST, Refused(code));
                        }
                        // Behind an absent first item of a list of unknown length nothing is expected, and what is
                        // far from zero isn't found without the first.
                        if index == 0 && (*id > NEIGHBOURS || count.is_none() && code == 0xcb) {
                            continue;
                        }
                        let all = read(list).await;
                        let others: Vec<_> = ids.iter().copied().filter(|other| other != id).collect();
                        let last = index + 1 == ids.len();
                        assert_eq!(all.items, others, "{id} of {ids:?}: {code:#04x}");
                        let told = if index == 0 && code == 0xcb { FIRST } else { *id };
                        // Whether something stood behind the last one can't be known.
                        assert_eq!(missing(&all), [(told, last)], "{id} of {ids:?}: {code:#04x}, {count:?}");
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn two_refused_in_a_row_are_both_named() {
        let mut list = listed(&[1, 2, 3, 4, 5]);
        list.at.insert(2, Refused(0xc3));
        list.at.insert(3, Refused(0xff));
        let all = read(list).await;
        assert_eq!((all.items.as_slice(), missing(&all)), (&[1, 4, 5][..], vec![(2, false), (3, false)]));
    }

    #[tokio::test]
    async fn an_item_that_names_the_next_but_cannot_be_read_is_passed() {
        let mut list = listed(&[1, 2, 3]);
        list.at.insert(2, Broken(2, 3));
        let all = read(list).await;
        assert_eq!((all.items.as_slice(), missing(&all)), (&[1, 3][..], vec![(2, false)]));
    }

    #[tokio::test]
    async fn a_first_item_that_comes_twice_is_taken_once() {
        let mut list = listed(&[1, 2, 3]);
        list.at.insert(FIRST, Is(1, 1));
        let all = read(list).await;
        assert_eq!((all.items.as_slice(), missing(&all)), (&[1, 2, 3][..], vec![]));
    }

    #[tokio::test]
    async fn a_list_that_leads_back_ends_and_what_is_missing_is_told() {
        for (from, to) in [(3, 1), (3, 3), (3, FIRST), (2, 2), (2, 1)] {
            // All is read, but for the end.
            let mut list = listed(&[1, 2, 3, 4]);
            list.at.insert(from, Is(from, to));
            let all = read(list).await;
            assert_eq!((all.items.as_slice(), missing(&all)), (&[1, 2, 3, 4][..], vec![]), "{from} leads to {to}");
        }
        let mut list = listed(&[1, 2]);
        list.at.insert(2, Is(2, 1));
        list.count = Some(9);
        let all = read(list).await;
        assert_eq!((all.items.as_slice(), missing(&all)), (&[1, 2][..], vec![(2, true)]));
        assert!(all.missing[0].error().to_string().contains("2 of 9"), "{}", all.missing[0].error());
    }

    #[tokio::test]
    async fn what_rolls_over_while_it_is_read_is_resumed_at_its_new_beginning() {
        let mut list = listed(&[1, 2, 3]);
        list.at.insert(3, Refused(0xcb));
        list.at.insert(900, Is(900, 901));
        list.at.insert(901, Is(901, LAST));
        list.at.insert(2, Is(2, 3));
        // The oldest are gone after the second was read.
        struct Rolling(Listed);
        impl Linked for Rolling {
            type Item = u16;
            const ACTION: &'static str = "reading a test";
            async fn read(&mut self, id: u16) -> Result<Found<u16>, Failure> {
                let found = self.0.read(id).await;
                if id == 2 {
                    self.0.at.insert(FIRST, Is(900, 901));
                }
                found
            }
            async fn count(&mut self) -> Option<usize> {
                Some(4)
            }
            fn name(id: u16) -> Item {
                Item::Entry(id)
            }
            fn peer(&self) -> &str {
                ""
            }
        }
        let all = walk(Rolling(list), FIRST).collect_all().await.unwrap();
        assert_eq!(all.items, [1, 2, 900, 901]);
        assert_eq!(all.missing.iter().map(ReadError::item).collect::<Vec<_>>(), [&Item::Entry(3)]);
    }

    #[tokio::test]
    async fn an_empty_list_is_no_error_and_an_unknown_command_is() {
        for (code, count) in [(0xcb, None), (0xcb, Some(0)), (0xc3, Some(0)), (0xff, Some(0))] {
            let list = Listed { at: BTreeMap::from([(FIRST, Refused(code))]), count, asked: 0 };
            assert_eq!(walk(list, FIRST).collect_all().await.unwrap(), Partial::default());
        }
        for code in [0xc1, 0xd4, 0xc3] {
            let list = Listed { at: (0..=u16::MAX).map(|id| (id, Refused(code))).collect(), count: None, asked: 0 };
            let error = walk(list, FIRST).collect_all().await.unwrap_err();
            assert_eq!(error.completion_code().map(|code| code.number()), Some(code));
        }
    }

    #[tokio::test]
    async fn a_list_without_an_end_ends() {
        let at = (0..=u16::MAX).map(|id| (id, Is(id, id.wrapping_add(2).max(1)))).collect();
        let all = read(Listed { at, count: Some(10), asked: 0 }).await;
        assert!(all.items.len() < 70_000);
    }

    proptest::proptest! {
        #[test]
        fn any_list_ends(links in proptest::collection::vec((0u16..40, 0u16..42, 0u8..8), 0..40), count in 0usize..60) {
            let answer = |(id, next, kind): (u16, u16, u8)| match kind {
                0 => Refused(0xc3),
                1 => Refused(0xcb),
                2 => Broken(id, next),
                _ => Is(id, if next > 40 { LAST } else { next }),
            };
            let at = (0..).zip(links.into_iter().map(answer)).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let all = runtime.block_on(read(Listed { at, count: Some(count), asked: 0 }));
            assert!(all.items.len() <= 40);
        }
    }
}
