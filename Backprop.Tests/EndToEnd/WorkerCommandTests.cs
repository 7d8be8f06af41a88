using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;
using Backprop.Tests.Worker.Shell;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// The built <c>backprop-worker</c>: what is wrong with its command line, its coordinator or its data is a sentence and a code.
/// </summary>
public sealed class WorkerCommandTests
{
    [Theory]
    [InlineData("--coordinator", "Option '--coordinator' is required", new string[0])]
    [InlineData("no colon", "--coordinator needs HOST:PORT", new[] { "--coordinator", "here" })]
    [InlineData("slots", "--slots takes a number from 1 to", new[] { "--coordinator", "127.0.0.1:1", "--slots", "0" })]
    [InlineData("give-up", "--give-up takes a number of seconds", new[] { "--coordinator", "127.0.0.1:1", "--give-up", "-1" })]
    [InlineData("data", "is no folder", new[] { "--coordinator", "127.0.0.1:1", "--data", "gone" })]
    [InlineData("token", "The token file 'gone' cannot be read", new[] { "--coordinator", "127.0.0.1:1", "--token-file", "gone" })]
    [InlineData("no port", "names no port", new[] { "--coordinator", "127.0.0.1:0" })]
    [InlineData("a port too high", "--coordinator needs HOST:PORT", new[] { "--coordinator", "127.0.0.1:65536" })]
    [InlineData("no host", "--coordinator needs HOST:PORT", new[] { "--coordinator", ":7400" })]
    [InlineData("nothing", "--coordinator was given an empty value", new[] { "--coordinator", "" })]
    [InlineData("slots in words", "--slots takes a number from 1 to", new[] { "--coordinator", "127.0.0.1:1", "--slots", "two" })]
    [InlineData("give-up NaN", "--give-up takes a number of seconds", new[] { "--coordinator", "127.0.0.1:1", "--give-up", "NaN" })]
    [InlineData("cache", "--cache was given an empty value", new[] { "--coordinator", "127.0.0.1:1", "--cache", "" })]
    [InlineData("a folder as token", "cannot be read: it is a folder", new[] { "--coordinator", "127.0.0.1:1", "--token-file", "." })]
    [InlineData("too many", "There is an argument too many: extra", new[] { "--coordinator", "127.0.0.1:1", "extra" })]
    [InlineData("unknown", "did you mean '--slots'", new[] { "--coordinator", "127.0.0.1:1", "--slot", "1" })]
    [InlineData("name", "--name takes one to 64 characters of", new[] { "--coordinator", "127.0.0.1:1", "--name", "\u00e9" })]
    [InlineData("nice", "--nice takes a number from 0 to 19", new[] { "--coordinator", "127.0.0.1:1", "--nice", "20" })]
    [InlineData("the second", "--coordinator needs HOST:PORT", new[] { "--coordinator", "127.0.0.1:1," })]
    [InlineData("local and not", "a local one goes alone", new[] { "--coordinator", "local:name,127.0.0.1:1" })]
    public void AWrongCommandLineIsASentence(string what, string sentence, string[] arguments)
    {
        using var folder = new TemporaryFolder();
        using var worker = BackpropCommand.StartWorker(folder.Path, arguments);

        worker.Finish().ShouldFail(2, "backprop-worker: ", sentence);
        what.ShouldNotBeEmpty();
    }

    [Fact]
    public void ATokenGoesToAnotherMachineOnlyWhereThatIsAllowed()
    {
        using var folder = new TemporaryFolder();
        var token = WriteToken(folder.Path, "token", "0123456789abcdef0123");
        string[] arguments = ["--coordinator", "127.0.0.1:1,nobody.invalid:7400", "--give-up", "0", "--token-file", token];
        using var careful = BackpropCommand.StartWorker(folder.Path, arguments);
        using var bold = BackpropCommand.StartWorker(folder.Path, [.. arguments, "--insecure"]);

        careful.Finish().ShouldFail(2, "nobody.invalid:7400 may be another machine, and the token would go there in the clear");
        bold.Finish().ShouldFail(9, "No coordinator at 127.0.0.1:1, nobody.invalid:7400", "The host 'nobody.invalid' cannot be found");
    }

    [Theory]
    [InlineData("127.0.0.1:1", "No coordinator at 127.0.0.1:1")]
    [InlineData("nobody.invalid:7400", "The host 'nobody.invalid' cannot be found")]
    public void AnAddressThatNobodyAnswersAt_IsGivenUp(string address, string sentence)
    {
        using var folder = new TemporaryFolder();
        using var worker = BackpropCommand.StartWorker(folder.Path, "--coordinator", address, "--give-up", "0");

        worker.Finish().ShouldFail(9, sentence, "check the address, or start it.");
    }

    [Fact]
    public void AnotherServiceOnThePort_IsNamedAndGivenUp()
    {
        using var other = new OtherService("HTTP/1.1 400 Bad Request\r\n\r\n");
        using var folder = new TemporaryFolder();
        using var worker = BackpropCommand.StartWorker(folder.Path, "--coordinator", $"{other.Address}", "--give-up", "0");

        worker.Finish().ShouldFail(9, $"{other.Address} is no coordinator: it does not speak HTTP/2");
    }

    [Fact]
    public void AnotherDataFile_OrAnotherToken_IsRefused_AndTheTrainingGoesOn()
    {
        using var scene = new ClusterScene();
        var token = WriteToken(scene.Path, "token", "0123456789abcdef0123");
        var other = WriteToken(scene.Path, "other", "fedcba98765432100123");
        scene.StartCoordinator("--token-file", token);
        scene.Join("--token-file", token);
        var given = Directory.CreateDirectory(Path.Combine(scene.Path, "given")).FullName;
        File.WriteAllText(Path.Combine(given, "digits.csv.gz"), "1,2,3");

        var stray = scene.StartWorker("--token-file", token, "--data", given).Finish();
        stray.ShouldFail(7, "digits.csv.gz has SHA-256", "but the coordinator's");
        scene.StartWorker("--token-file", other).Finish().ShouldFail(6, "token");
        scene.StartWorker().Finish().ShouldFail(6, "token");

        scene.Coordinator.WaitForLine("durable");
        scene.StopAndCompare();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ItSaysThatItIsReady_GivesWay_AndLoadsWhatItNeeds(bool isLocal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It looks into /proc.");
        const string Yaml = """
            name: small
            data: { train: { kind: synthetic, samples: 40, inputs: 6, classes: 3 } }
            model: [{ linear: { out: 3 } }]
            loss: cross-entropy
            optimizer: { kind: sgd, rate: 0.1 }
            batch: 16
            steps: 9
            """;
        const int Nice = 18;
        using var folder = new TemporaryFolder();
        using var coordinator = new FakeCoordinator(PreparedRun.Load(RunFile.Parse(Yaml, "small.yaml", "", [])), isLocal);

        // It sends no heartbeats, and the worker gives way to all others.
        coordinator.Liveness = Liveness.Default with { Silence = TimeSpan.FromMinutes(1) };
        using var worker = BackpropCommand.StartWorker(
            folder.Path, "--coordinator", $"{coordinator.Address}", "--slots", "2", "--name", "node/1", "--nice", "7");
        coordinator.Engage();

        coordinator.Request!.Name.ShouldBe("node/1");
        File.ReadAllText($"/proc/{worker.Id}/maps").Contains("/Grpc.Net.", StringComparison.Ordinal).ShouldBe(!isLocal);
        File.ReadAllText($"/proc/{worker.Id}/stat").Split(' ')[Nice].ShouldBe("7");
        coordinator.Link.Send(FrameKind.Finished, new Finished { Status = "completed" });
        var result = worker.Finish();
        (result.ExitCode, result.Output).ShouldBe((0, "ready\n"));
    }

    [Fact]
    public void InterruptedItLeavesWithItsOwnCode()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator();
        scene.Join();
        var worker = scene.Join();

        worker.SendInterrupt();

        worker.Finish().ExitCode.ShouldBe(130);
        scene.Coordinator.WaitForLine("left");
    }

    private static string WriteToken(string folder, string name, string token)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, token);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }
}
