using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Cluster.Record.Witness;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Cluster.Record;

/// <summary>The folder of a witness, which nodes share.</summary>
public sealed class WitnessFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Place => Path.Combine(_folder.Path, "witness");

    [Fact]
    public void AllWhoOpenItKnowItByTheSameId()
    {
        var (first, second) = (WitnessFolder.Open(Place), WitnessFolder.Open(Place));

        Voter.IsWitness(first.Id).ShouldBeTrue();
        second.Id.ShouldBe(first.Id);
        first.Newest(out var isDamaged).ShouldBeNull();
        isDamaged.ShouldBeFalse();
    }

    [Fact]
    public void OfTwoWhoReadTheSameWord_OnePutsTheNext()
    {
        var (first, second) = (WitnessFolder.Open(Place), WitnessFolder.Open(Place));

        first.TryPut(Word(1, "a")).ShouldBeTrue();
        second.TryPut(Word(1, "b")).ShouldBeFalse();

        second.Newest(out _)!.By.ShouldBe("a");
        second.TryPut(Word(2, "b")).ShouldBeTrue();
        first.Newest(out _)!.ToState("w").Log.Select(entry => entry.Term).ShouldBe([1, 1, 3]);
    }

    /// <summary>It stood still while others put so many words that its number is free again.</summary>
    [Fact]
    public void AWordThatComesMuchTooLateCountsNoMore()
    {
        var (first, second) = (WitnessFolder.Open(Place), WitnessFolder.Open(Place));
        for (var number = 1; number <= 30; number++)
        {
            first.TryPut(Word(number, "a")).ShouldBeTrue();
        }

        Directory.GetFiles(Path.Combine(Place, "words")).Length.ShouldBeLessThan(10);
        second.TryPut(Word(2, "b")).ShouldBeFalse();
        second.Newest(out _)!.Number.ShouldBe(30);
        second.TryPut(Word(31, "b")).ShouldBeTrue();
    }

    [Fact]
    public void ADamagedWordIsNone()
    {
        var folder = WitnessFolder.Open(Place);
        folder.TryPut(Word(1, "a")).ShouldBeTrue();
        var file = Directory.GetFiles(Path.Combine(Place, "words")).Single();
        var bytes = File.ReadAllBytes(file);
        for (var at = 0; at < bytes.Length; at++)
        {
            var changed = bytes.ToArray();
            changed[at] ^= 1;
            WitnessWord.Read(changed).ShouldBeNull();
            WitnessWord.Read(bytes.AsSpan(0, at)).ShouldBeNull();
        }

        File.WriteAllBytes(file, bytes[..^3]);
        folder.Newest(out var isDamaged).ShouldBeNull();
        isDamaged.ShouldBeTrue();
    }

    /// <summary>As where its storage was unmounted: an empty folder in its place would be a witness that has promised nothing.</summary>
    [Fact]
    public void AFolderThatIsAnotherNowSaysNothing()
    {
        var folder = WitnessFolder.Open(Place);
        folder.TryPut(Word(1, "a")).ShouldBeTrue();
        Directory.Move(Place, $"{Place}-away");
        Should.Throw<IOException>(() => folder.Newest(out _));

        var other = WitnessFolder.Open(Place);
        other.Id.ShouldNotBe(folder.Id);
        Should.Throw<IOException>(() => folder.Newest(out _));
        Should.Throw<IOException>(() => folder.TryPut(Word(2, "a")));
    }

    [Fact]
    public void AFolderOfOtherThingsIsRefused()
    {
        Directory.CreateDirectory(Place);
        _folder.Write("witness/letters.txt", "dear");

        Should.Throw<UserException>(() => WitnessFolder.Open(Place)).ExitCode.ShouldBe(ExitCode.Usage);
        _folder.Write("witness/id", "node-7");
        Should.Throw<UserException>(() => WitnessFolder.Open(Place)).ExitCode.ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public void TheBeatIsWhatWasWrittenLast()
    {
        var (first, second) = (WitnessFolder.Open(Place), WitnessFolder.Open(Place));
        second.Beat.ShouldBe("");

        first.Beat = "a 1";
        first.Beat = "a 2";

        second.Beat.ShouldBe("a 2");
    }

    public void Dispose() => _folder.Dispose();

    private static WitnessWord Word(long number, string by) => new("record", number, by, 3, "a", [new(1, 2), new(3, 3)], 2);
}
