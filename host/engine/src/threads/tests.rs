use super::*;
use crate::cpu::tests::spin;
use crate::cpu::{Meter, Metered};

fn ticket() -> Ticket {
    Ticket { owner: QueueOwner::Host, meter: Some(Meter::new()) }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// Pending once; where it goes on.
async fn later() -> Option<String> {
    tokio::task::yield_now().await;
    std::thread::current().name().map(str::to_owned)
}

/// Of a guest that used up its time slice.
fn computing() -> Ticket {
    let ticket = ticket();
    ticket.meter.as_ref().unwrap().yields();
    ticket
}

#[tokio::test]
async fn what_computes_moves_to_the_guest_threads_and_what_waits_stays() {
    let threads = GuestThreads::start().unwrap();
    let poll_history = PollHistory::default();
    let own = std::thread::current().name().map(str::to_owned);
    assert_eq!(threads.run(&poll_history, ticket(), soon(), later()).await.unwrap(), own);
    assert!(!poll_history.is_backing_off(), "it only waited");
    let name = threads.run(&poll_history, computing(), soon(), later()).await.unwrap();
    assert_eq!(name.as_deref(), Some("guest"));
    assert!(poll_history.is_backing_off(), "the next one is not tried in place");
}

#[tokio::test]
async fn after_one_that_took_its_whole_time_slice_others_are_not_tried_in_place() {
    let threads = GuestThreads::start().unwrap();
    for (time, backs_off) in [(Duration::ZERO, false), (2 * TICK, true)] {
        let (poll_history, meter) = (PollHistory::default(), Meter::new());
        let inner = std::future::poll_fn(move |_| {
            spin(time);
            Poll::Ready(())
        });
        let ticket = Ticket { owner: QueueOwner::Host, meter: Some(Arc::clone(&meter)) };
        threads.run(&poll_history, ticket, soon(), Metered { meter, inner }).await.unwrap();
        assert_eq!(poll_history.is_backing_off(), backs_off, "{time:?}");
    }
}

#[tokio::test]
async fn a_plugin_whose_calls_all_compute_is_tried_in_place_once() {
    let threads = GuestThreads::start().unwrap();
    let (poll_history, own) = (PollHistory::default(), std::thread::current().id());
    let mut in_place = 0;
    for _ in 0..200 {
        let meter = Meter::new();
        let inner = std::future::poll_fn(|_| {
            spin(2 * TICK);
            Poll::Ready(std::thread::current().id())
        });
        let ticket = Ticket { owner: QueueOwner::Host, meter: Some(Arc::clone(&meter)) };
        let ran_on = threads.run(&poll_history, ticket, soon(), Metered { meter, inner }).await.unwrap();
        in_place += usize::from(ran_on == own);
    }
    assert_eq!(in_place, 1);
}

#[tokio::test]
async fn a_panic_ends_its_call_and_no_thread() {
    let threads = GuestThreads::start().unwrap();
    for _ in 0..20 {
        let fails = async {
            later().await;
            panic!("as asked");
        };
        let lost = threads.run(&PollHistory::default(), computing(), soon(), fails).await;
        assert_eq!(lost, Err::<(), _>(Lost::Panicked));
    }
    let in_place = async { panic!("as asked") };
    assert_eq!(threads.run(&PollHistory::default(), ticket(), soon(), in_place).await, Err::<(), _>(Lost::Panicked));
    assert!(threads.run(&PollHistory::default(), ticket(), soon(), later()).await.is_ok());
}

#[tokio::test]
async fn work_of_the_host_is_done_on_the_slow_queue() {
    let threads = GuestThreads::start().unwrap();
    let name = threads.compute(QueueOwner::Host, || std::thread::current().name().map(str::to_owned)).await.unwrap();
    // The helper takes it where no core is empty.
    assert!(matches!(name.as_deref(), Some("guest-slow" | "guest-help")), "{name:?}");
    assert_eq!(threads.tasks(), 0);
}

#[tokio::test]
async fn a_queue_whose_threads_have_no_core_gets_on() {
    let threads = GuestThreads { queues: Arc::default(), timers: None };
    threads.spawn("guest-help", |queues| queues.slow.help()).unwrap();
    for _ in 0..3 {
        let name = threads.compute(QueueOwner::Host, || std::thread::current().name().map(str::to_owned)).await;
        assert_eq!(name.unwrap().as_deref(), Some("guest-help"));
    }
}

#[tokio::test]
async fn nobody_waits_longer_than_asked() {
    let threads = GuestThreads::start().unwrap();
    for ticket in [computing(), ticket()] {
        let until = Instant::now() + Duration::from_millis(20);
        let lost = threads.run(&PollHistory::default(), ticket, until, std::future::pending::<()>()).await;
        assert_eq!(lost, Err(Lost::Late));
    }
}
