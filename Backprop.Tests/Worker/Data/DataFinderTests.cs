using System.Security.Cryptography;
using System.Text;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;
using Backprop.Worker.Data;

namespace Backprop.Tests.Worker.Data;

/// <summary>A data file is looked for in four places, and is the coordinator's to the last bit wherever it is found.</summary>
public sealed class DataFinderTests : IDisposable
{
    private const string Content = "1,2,3";
    private readonly TemporaryFolder _folder = new();
    private int _fetched;

    private string Cache => Path.Combine(_folder.Path, "cache");

    private string Given => Path.Combine(_folder.Path, "given");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheUsersFolderComesFirst()
    {
        Put("given/a.csv", Content);
        var there = Put("there/a.csv", Content);

        var found = Find(Given, Wanted("a.csv", there));

        found[there].ShouldBe(new FoundFile(Path.Combine(Given, "a.csv"), "--data"));
        _fetched.ShouldBe(0);
    }

    [Fact]
    public void AnotherFileInTheUsersFolderIsRefusedWithBothHashesAndPaths()
    {
        var given = Put("given/a.csv", "1,2,4");
        var there = Put("there/a.csv", Content);

        var problem = Should.Throw<UserException>(() => Find(Given, Wanted("a.csv", there)));

        problem.ExitCode.ShouldBe(ExitCode.Mismatch);
        foreach (var part in new[] { given, there, Hash("1,2,4"), Hash(Content) })
        {
            problem.Message.ShouldContain(part);
        }
    }

    [Fact]
    public void TwoFilesOfOneName_AreToldApartByTheirHashes()
    {
        Put("given/a.csv", Content);
        var test = Wanted("a.csv", "/gone/test/a.csv", "other") with { Index = 1 };

        var found = Find(Given, Wanted("a.csv", "/gone/train/a.csv"), test);

        found["/gone/train/a.csv"].Origin.ShouldBe("--data");
        found["/gone/test/a.csv"].Origin.ShouldBe("the coordinator");
    }

    [Fact]
    public void ThePathOfTheRunFileIsTaken_WhereTheFileIsTheSame()
    {
        var there = Put("there/a.csv", Content);

        Find(null, Wanted("a.csv", there))[there].ShouldBe(new FoundFile(there, "its own path"));
        _fetched.ShouldBe(0);

        Put("there/a.csv", "1,2,4");
        Find(null, Wanted("a.csv", there))[there].Origin.ShouldBe("the coordinator");
    }

    [Fact]
    public void WhatWasFetchedOnceIsInTheCache_UntilItIsDamaged()
    {
        var wanted = Wanted("a.csv", "/gone/a.csv");
        var place = Find(null, wanted)["/gone/a.csv"].Path;
        place.ShouldBe(Path.Combine(Cache, $"{Hash(Content)}-a.csv"));
        File.ReadAllText(place).ShouldBe(Content);

        Find(null, wanted)["/gone/a.csv"].Origin.ShouldBe("the cache");
        _fetched.ShouldBe(1);

        File.WriteAllText(place, "9,9,9");
        Find(null, wanted)["/gone/a.csv"].Origin.ShouldBe("the coordinator");
        File.ReadAllText(place).ShouldBe(Content);
        Directory.GetFiles(Cache).ShouldBe([place]);
    }

    [Fact]
    public async Task OfSeveralWorkersThatNeedAFile_OneFetchesIt_AndWhoStopsDoesNotWait()
    {
        var wanted = Wanted("a.csv", "/gone/a.csv");
        Put($"cache/{Hash(Content)}-a.csv.lock", "left by one that was killed");
        using var stopping = new CancellationTokenSource();
        using var isFetching = new ManualResetEventSlim();
        using var mayEnd = new ManualResetEventSlim();
        var first = Task.Run(() => new DataFinder(null, Cache).Find([wanted], (_, into) =>
        {
            isFetching.Set();
            mayEnd.Wait();
            into.Write(Encoding.UTF8.GetBytes(Content));
        }));
        isFetching.Wait();
        var second = Task.Run(() => Find(null, wanted));
        stopping.CancelAfter(TimeSpan.FromSeconds(0.3));
        Should.Throw<OperationCanceledException>(() => new DataFinder(null, Cache, stopping.Token).Find([wanted], (_, _) => _fetched++));
        second.IsCompleted.ShouldBeFalse();
        mayEnd.Set();

        (await first)["/gone/a.csv"].Origin.ShouldBe("the coordinator");
        (await second)["/gone/a.csv"].Origin.ShouldBe("the cache");
        _fetched.ShouldBe(0);
        Directory.GetFiles(Cache).Length.ShouldBe(1);
    }

    [Fact]
    public void WhereNothingIsSent_AFileThatIsNowhereIsASentence()
    {
        var problem = Should.Throw<UserException>(() => new DataFinder(null, Cache).Find([Wanted("a.csv", "/gone/a.csv")], null));

        problem.ExitCode.ShouldBe(ExitCode.Usage);
        problem.Message.ShouldContain("This worker cannot read /gone/a.csv as the coordinator on this machine has it");
        Directory.Exists(Cache).ShouldBeFalse();
    }

    [Fact]
    public void AWrongHashLeavesNothingBehind()
    {
        var wanted = Wanted("a.csv", "/gone/a.csv") with { Sha256 = new byte[32] };

        var problem = Should.Throw<UserException>(() => Find(null, wanted));

        problem.ExitCode.ShouldBe(ExitCode.Mismatch);
        problem.Message.ShouldContain(Hash(Content));
        Directory.GetFiles(Cache).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("/etc/passwd", "passwd")]
    [InlineData("..\\..\\x", "x")]
    [InlineData("..", "data")]
    [InlineData("", "data")]
    [InlineData("a/", "data")]
    [InlineData(".hidden", "hidden")]
    [InlineData("a b\nc\0d", "a_b_c_d")]
    public void AHostileNameIsAPlainFileOfTheFolder(string name, string safe)
    {
        Wanted(name, "/gone/x").SafeName.ShouldBe(safe);
    }

    [Fact]
    public void ALinkInTheCacheIsNotFollowed()
    {
        var secret = Put("secret", Content);
        Directory.CreateDirectory(Cache);
        var place = Path.Combine(Cache, $"{Hash(Content)}-a.csv");
        File.CreateSymbolicLink(place, secret);

        Find(null, Wanted("a.csv", "/gone/a.csv"))["/gone/a.csv"].Origin.ShouldBe("the coordinator");
        new FileInfo(place).LinkTarget.ShouldBeNull();
        File.ReadAllText(secret).ShouldBe(Content);
    }

    [Fact]
    public void WhatCannotBeAPathOrAFileIsNotOpened()
    {
        foreach (var path in new[] { "relative.csv", "/dev/zero", "/a\0b", _folder.Path, "" })
        {
            Find(null, Wanted("a.csv", path))[path].Origin.ShouldBeOneOf("the coordinator", "the cache");
        }

        Should.Throw<UserException>(() => Find(null, Wanted("big", "/gone/big") with { Size = 1L << 40 })).Message.ShouldContain("at most");
    }

    private static string Hash(string content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    private static OfferedFile Wanted(string name, string path, string content = Content) =>
        new(0, name, path, content.Length, SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    private Dictionary<string, FoundFile> Find(string? given, params OfferedFile[] files)
    {
        return new DataFinder(given, Cache).Find(files, Fetch);

        void Fetch(OfferedFile file, Stream into)
        {
            _fetched++;
            into.Write(Encoding.UTF8.GetBytes(file.Index == 0 ? Content : "other"));
        }
    }

    private string Put(string name, string content)
    {
        var path = Path.Combine(_folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }
}
