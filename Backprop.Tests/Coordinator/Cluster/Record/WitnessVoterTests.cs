using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Cluster.Record.Witness;
using Backprop.Tests.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Backprop.Tests.Coordinator.Cluster.Record;

/// <summary>
/// Several nodes speak for one witness, and stand still wherever they read or write: what they answer is what one voter would.
/// </summary>
public sealed class WitnessVoterTests
{
    private const int SeedsCount = 3_000;
    private static readonly RecordRules Rules = new();

    [Fact]
    public void WhoeverSpeaks_ATermIsPromisedOnce_AndWhatWasTakenIsNotForgotten()
    {
        var given = 0;
        for (var seed = 1ul; seed <= SeedsCount; seed++)
        {
            given += new Scene(seed, overwrites: false).Play();
        }

        given.ShouldBeGreaterThan(SeedsCount);
    }

    /// <summary>The check can fail: where a word may be put over another, it does.</summary>
    [Fact]
    public void WhereAWordReplacesAnother_ThatIsFound() => Should.Throw<ShouldAssertException>(() =>
    {
        for (var seed = 1ul; seed <= SeedsCount; seed++)
        {
            new Scene(seed, overwrites: true).Play();
        }
    });

    [Fact]
    public void ALeaderThatBeatsIsNotReplaced_AndOneThatDoesNotIs()
    {
        var folder = new MemoryFolder();
        var now = TimeSpan.Zero;
        WitnessVoter Voter(string name) => new(folder, "record", Rules, () => now, name, NullLogger.Instance);
        var (first, second) = (Voter("a"), Voter("b"));
        now += Rules.Patience;
        first.Judge(Ask("a", 1, default)).ShouldNotBeNull().IsGiven.ShouldBeTrue();
        first.Take(Entries("a", 1, default, 1)).ShouldNotBeNull().IsTaken.ShouldBeTrue();

        second.Look();
        second.Judge(Ask("b", 2, new(1, 1))).ShouldNotBeNull().IsGiven.ShouldBeFalse("it has seen a beat");
        now += Rules.Patience;
        second.Look();
        second.Judge(Ask("b", 2, new(1, 1))).ShouldNotBeNull().IsGiven.ShouldBeTrue("there was none since");
        first.Take(Entries("a", 1, new(1, 1), 1)).ShouldNotBeNull().Promised.ShouldBe(2);
    }

    [Fact]
    public void ALeaderThatResignsIsReplacedAtOnce()
    {
        var folder = new MemoryFolder();
        var now = Rules.Patience;
        var first = new WitnessVoter(folder, "record", Rules, () => now, "a", NullLogger.Instance);
        first.Take(Entries("a", 1, default, 1)).ShouldNotBeNull().IsTaken.ShouldBeTrue();
        var second = new WitnessVoter(folder, "record", Rules, () => now, "b", NullLogger.Instance);
        second.Look();

        first.Take(Entries("a", 1, new(1, 1), 0) with { Resigns = true }).ShouldNotBeNull();
        second.Look();

        second.Judge(Ask("b", 2, new(1, 1))).ShouldNotBeNull().IsGiven.ShouldBeTrue();
    }

    [Fact]
    public void WhatCannotBeReachedOrIsAnothersSaysNothing()
    {
        var folder = new MemoryFolder { Fails = 1 };
        var voter = new WitnessVoter(folder, "record", Rules, () => Rules.Patience, "a", NullLogger.Instance);
        voter.Judge(Ask("a", 1, default)).ShouldBeNull();
        folder.Fails = 0;
        new WitnessVoter(folder, "other", Rules, () => Rules.Patience, "b", NullLogger.Instance)
            .Take(Entries("a", 1, default, 1)).ShouldNotBeNull();

        voter.Judge(Ask("a", 1, default)).ShouldBeNull();
        voter.Take(Entries("a", 1, default, 1)).ShouldBeNull();
    }

    private static RecordInput.PromiseAsked Ask(string from, long term, Position last) => new(from, term, last, IsTrial: false);

    private static RecordInput.EntriesCame Entries(string from, long term, Position before, int count) => new(
        from, term, before, [.. Enumerable.Repeat(new RecordEntry(term, new OrderEntry(EntryKind.Scaled)), count)], 0, Resigns: false);

    /// <summary>Nodes that want to lead and, as leaders, send: whenever one reads or writes, others may act before that.</summary>
    private sealed class Scene
    {
        private const int Nodes = 3;
        private const int Acts = 25;
        private readonly SimulationRandom _random;
        private readonly MemoryFolder _folder;
        private readonly WitnessVoter[] _voters;
        private readonly Dictionary<long, string> _promised = [];
        private readonly Dictionary<long, long> _taken = [];
        private readonly Dictionary<(string Name, long Term), Position> _asked = [];
        private int _depth;
        private int _acts;
        private int _given;

        public Scene(ulong seed, bool overwrites)
        {
            _random = new SimulationRandom(seed);
            _folder = new MemoryFolder
            {
                Overwrites = overwrites,
                Fails = _random.Chance(0.5) ? 0.1 : 0,
                Random = _random,
                Interrupts = Interrupt,
            };
            var patience = Rules.Patience;
            _voters = [.. Enumerable.Range(0, Nodes).Select(node => new WitnessVoter(
                _folder, "record", Rules, () => patience, $"node-{node}", NullLogger.Instance))];
            foreach (var voter in _voters)
            {
                // Nobody has beaten: their clocks have all gone on since.
                patience += Rules.Patience;
            }
        }

        public int Play()
        {
            while (_acts < Acts)
            {
                Act();
            }

            return _given;
        }

        private void Interrupt()
        {
            if (_depth < Nodes - 1 && _random.Chance(0.3))
            {
                Act();
            }
        }

        private void Act()
        {
            _acts++;
            _depth++;
            var (voter, name) = (_voters[_depth - 1], $"node-{_depth - 1}");
            var term = 1L + _random.Below(4);
            var log = Log(term);
            if (_random.Chance(0.5))
            {
                // What was answered before the question was put is what binds.
                var bound = _taken.Where(taken => taken.Key < term).ToList();
                if (!_asked.TryGetValue((name, term), out var last))
                {
                    // Who stands for a term takes nothing meanwhile.
                    last = _random.Chance(0.5) ? Position.EndOf(log) : new Position(_random.Below(4), _random.Below(6));
                    _asked.Add((name, term), last);
                }

                if (voter.Judge(Ask(name, term, last)) is { IsGiven: true })
                {
                    _given++;
                    _promised.TryAdd(term, name);
                    _promised[term].ShouldBe(name, "a term is promised once");
                    bound.ShouldAllBe(taken => last.Term > taken.Key || (last.Term == taken.Key && last.Index >= taken.Value));
                }
            }
            else if (_promised.GetValueOrDefault(term) == name)
            {
                var entries = log.GetRange(0, _random.Between(0, log.Count));
                if (voter.Take(new(name, term, default, entries, 0, Resigns: false)) is { IsTaken: true } answer
                    && entries.Count > 0 && entries[^1].Term == term)
                {
                    _taken[term] = Math.Max(_taken.GetValueOrDefault(term), answer.Matched);
                }
            }

            _depth--;
        }

        /// <summary>The log of who leads a term: an entry of each term up to it.</summary>
        private static ImmutableList<RecordEntry> Log(long term) =>
            [.. Enumerable.Range(1, (int)term).Select(of => new RecordEntry(of, new OrderEntry(EntryKind.Scaled)))];
    }

    /// <summary>A witness' folder in memory, as a storage that fails at times, also after it has done what it was asked.</summary>
    private sealed class MemoryFolder : IWitnessFolder
    {
        private readonly Dictionary<long, WitnessWord> _words = [];
        private string _beat = "";

        public string Id => "witness-1";

        public string Path => "memory";

        public bool Overwrites { get; init; }

        public double Fails { get; set; }

        public SimulationRandom Random { get; init; } = new(1);

        public Action Interrupts { get; init; } = () => { };

        public string Beat
        {
            get => _beat;
            set => _beat = value;
        }

        public WitnessWord? Newest(out bool isDamaged)
        {
            Fail();
            Interrupts();
            isDamaged = false;
            var newest = _words.Count > 0 ? _words[_words.Keys.Max()] : null;
            Interrupts();
            return newest is null ? null : WitnessWord.Read(newest.ToBytes());
        }

        public bool TryPut(WitnessWord word)
        {
            Fail();
            Interrupts();
            if (Overwrites)
            {
                _words[word.Number] = word;
            }
            else
            {
                _words.TryAdd(word.Number, word);
            }

            Fail();
            Interrupts();
            return _words[_words.Keys.Max()].By == word.By;
        }

        private void Fail()
        {
            if (Random.Chance(Fails))
            {
                throw new IOException("the storage does not answer");
            }
        }
    }
}
