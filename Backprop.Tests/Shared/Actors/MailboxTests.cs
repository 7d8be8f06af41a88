using Backprop.Shared.Actors;

namespace Backprop.Tests.Shared.Actors;

/// <summary>A queue without a thread: whoever finds it free drains it, and nothing is left lying.</summary>
public sealed class MailboxTests
{
    [Fact]
    public void MessagesAreHandledInOrder()
    {
        var mailbox = new Mailbox<int>(8);
        var kept = new Keeper();

        for (var message = 0; message < 5; message++)
        {
            mailbox.TryPost(message).ShouldBeTrue();
        }

        mailbox.Drain(ref kept).ShouldBe(5);
        kept.Messages.ShouldBe([0, 1, 2, 3, 4]);
        mailbox.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void AFullMailboxRefuses_AndTakesAgainOnceItIsDrained()
    {
        var mailbox = new Mailbox<int>(3);
        var kept = new Keeper();
        mailbox.Capacity.ShouldBe(4);
        for (var message = 0; message < 4; message++)
        {
            mailbox.TryPost(message).ShouldBeTrue();
        }

        mailbox.TryPost(4).ShouldBeFalse();
        mailbox.Drain(ref kept);

        mailbox.TryPost(5).ShouldBeTrue();
        mailbox.Drain(ref kept);
        kept.Messages.ShouldBe([0, 1, 2, 3, 5]);
    }

    [Fact]
    public void WhatAHandlerPostsIsHandledAfterIt_ByTheSameCall()
    {
        var mailbox = new Mailbox<int>(8);
        var counter = new CountDown(mailbox);
        mailbox.TryPost(5);

        mailbox.Drain(ref counter).ShouldBe(6);

        counter.Seen.ShouldBe([5, 4, 3, 2, 1, 0]);
    }

    [Fact]
    public void AHandlerThatThrowsLetsGoOfTheMailbox()
    {
        var mailbox = new Mailbox<int>(8);
        var thrower = new Thrower();
        var kept = new Keeper();
        mailbox.TryPost(1);
        mailbox.TryPost(2);

        Should.Throw<InvalidOperationException>(() => mailbox.Drain(ref thrower));

        mailbox.Drain(ref kept).ShouldBe(1);
        kept.Messages.ShouldBe([2]);
    }

    [Fact]
    public void ManyProducersThatDrainThemselvesLoseNothingAndNeverMeet()
    {
        const int producers = 4;
        const int each = 20_000;
        var mailbox = new Mailbox<int>(64);
        var tally = new Tally(producers);
        var threads = new Thread[producers];
        for (var producer = 0; producer < producers; producer++)
        {
            var own = producer;
            threads[producer] = new Thread(() =>
            {
                var handler = tally;
                for (var message = 0; message < each; message++)
                {
                    while (!mailbox.TryPost((own * each) + message))
                    {
                        mailbox.Drain(ref handler);
                    }

                    mailbox.Drain(ref handler);
                }
            });
            threads[producer].Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        mailbox.IsEmpty.ShouldBeTrue();
        tally.Handled.ShouldBe(producers * each);
        tally.Met.ShouldBeFalse();
        tally.OutOfOrder.ShouldBeFalse();
    }

    [Fact]
    public void PostingAndDrainingAllocateNothing()
    {
        var mailbox = new Mailbox<int>(8);
        var sum = new Adder();
        void Run()
        {
            for (var message = 0; message < 100; message++)
            {
                mailbox.TryPost(message);
                mailbox.Drain(ref sum);
            }
        }

        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        sum.Total.ShouldBe(2 * 4950);
    }

    private sealed class Keeper : IMailboxHandler<int>
    {
        public List<int> Messages { get; } = [];

        public void Handle(in int message) => Messages.Add(message);
    }

    private sealed class Thrower : IMailboxHandler<int>
    {
        public void Handle(in int message) => throw new InvalidOperationException();
    }

    private struct Adder : IMailboxHandler<int>
    {
        public int Total { get; private set; }

        public void Handle(in int message) => Total += message;
    }

    private sealed class CountDown(Mailbox<int> mailbox) : IMailboxHandler<int>
    {
        public List<int> Seen { get; } = [];

        public void Handle(in int message)
        {
            Seen.Add(message);
            if (message > 0)
            {
                mailbox.TryPost(message - 1).ShouldBeTrue();
                var nested = this;
                mailbox.Drain(ref nested).ShouldBe(0);
            }
        }
    }

    /// <summary>Plain fields on purpose: the mailbox promises that one handler's writes are seen by the next.</summary>
    private sealed class Tally(int producers) : IMailboxHandler<int>
    {
        private readonly int[] _newest = [.. Enumerable.Repeat(-1, producers)];
        private int _inside;

        public int Handled { get; private set; }

        public bool Met { get; private set; }

        public bool OutOfOrder { get; private set; }

        public void Handle(in int message)
        {
            Met |= Interlocked.Exchange(ref _inside, 1) != 0;
            Handled++;
            var producer = message / 20_000;
            OutOfOrder |= message <= _newest[producer];
            _newest[producer] = message;
            Interlocked.Exchange(ref _inside, 0);
        }
    }
}
