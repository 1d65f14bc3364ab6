//! The scribe without a database: who shares a page, and who hears what.

use std::sync::Mutex;

use super::*;

/// Wishes are a mark and whether the database dislikes them.
#[derive(Debug)]
struct Book {
    pages: Arc<Mutex<Vec<Vec<u8>>>>,
    gate: Arc<Semaphore>,
    known: bool,
}

#[async_trait]
impl Batch for Book {
    type Wish = (u8, bool);
    type Answer = u8;

    fn mark(wish: &Self::Wish) -> [u8; 16] {
        [wish.0; 16]
    }

    async fn write(&self, wishes: &[Self::Wish]) -> Result<Vec<Work<u8>>, Undone> {
        self.gate.acquire().await.unwrap().forget();
        let page = wishes.iter().map(|wish| wish.0).collect();
        self.pages.lock().unwrap().push(page);
        if wishes.iter().any(|wish| wish.1) {
            let mut undone = Undone::unavailable("no");
            undone.refused = self.known;
            return Err(undone);
        }
        Ok(wishes.iter().map(|wish| Ok(wish.0)).collect())
    }
}

struct Scene {
    scribe: Arc<Scribe<Book>>,
    pages: Arc<Mutex<Vec<Vec<u8>>>>,
    gate: Arc<Semaphore>,
}

fn scene(most: usize, known: bool) -> Scene {
    let (pages, gate) = (Arc::default(), Arc::new(Semaphore::new(0)));
    let book = Book {
        pages: Arc::clone(&pages),
        gate: Arc::clone(&gate),
        known,
    };
    Scene {
        scribe: Arc::new(Scribe::start(book, most, 1, 64)),
        pages,
        gate,
    }
}

impl Scene {
    /// Asks for all while the first page is held up, then lets everything go.
    async fn play(&self, wishes: &[(u8, bool)]) -> Vec<Option<u8>> {
        let first = tokio::spawn({
            let scribe = Arc::clone(&self.scribe);
            async move { scribe.ask((200, false)).await }
        });
        // The current-thread runtime runs what is ready before it comes back here: the first page is
        // then on its way, and all others stand in line before the gate opens.
        for _ in 0..16 {
            tokio::task::yield_now().await;
        }
        let asks: Vec<_> = wishes
            .iter()
            .map(|wish| {
                let (scribe, wish) = (Arc::clone(&self.scribe), *wish);
                tokio::spawn(async move { scribe.ask(wish).await })
            })
            .collect();
        for _ in 0..16 {
            tokio::task::yield_now().await;
        }
        self.gate.add_permits(1_000);
        assert_eq!(first.await.unwrap().unwrap(), 200);
        let mut answers = Vec::new();
        for ask in asks {
            answers.push(ask.await.unwrap().ok());
        }
        answers
    }

    fn pages(&self) -> Vec<Vec<u8>> {
        self.pages.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn what_waits_goes_together() {
    let scene = scene(3, true);
    let answers = scene
        .play(&[(1, false), (2, false), (3, false), (4, false)])
        .await;
    assert_eq!(answers, [Some(1), Some(2), Some(3), Some(4)]);
    assert_eq!(scene.pages(), [vec![200], vec![1, 2, 3], vec![4]]);
}

#[tokio::test]
async fn two_wishes_about_one_record_go_one_after_the_other() {
    let scene = scene(9, true);
    let answers = scene.play(&[(1, false), (1, false), (2, false)]).await;
    assert_eq!(answers, [Some(1), Some(1), Some(2)]);
    assert_eq!(scene.pages(), [vec![200], vec![1, 2], vec![1]]);
}

#[tokio::test]
async fn one_that_is_refused_does_not_fail_the_others() {
    let scene = scene(9, true);
    let answers = scene.play(&[(1, false), (2, true), (3, false)]).await;
    assert_eq!(answers, [Some(1), None, Some(3)]);
    assert_eq!(
        scene.pages(),
        [vec![200], vec![1, 2, 3], vec![1], vec![2], vec![3]]
    );
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again() {
    let scene = scene(9, false);
    let answers = scene.play(&[(1, false), (2, true)]).await;
    assert_eq!(answers, [None, None]);
    assert_eq!(scene.pages(), [vec![200], vec![1, 2]]);
}
