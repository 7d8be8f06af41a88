using System.Net;
using System.Net.Sockets;
using Backprop.Tests.TestUtilities;

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
    public void AWrongCommandLineIsASentence(string what, string sentence, string[] arguments)
    {
        using var folder = new TemporaryFolder();
        using var worker = BackpropCommand.StartWorker(folder.Path, arguments);

        worker.Finish().ShouldFail(2, "backprop-worker: ", sentence);
        what.ShouldNotBeEmpty();
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
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var folder = new TemporaryFolder();
        using var worker = BackpropCommand.StartWorker(folder.Path, "--coordinator", $"{listener.LocalEndPoint}", "--give-up", "0");
        using var connection = listener.Accept();
        connection.Send("HTTP/1.1 400 Bad Request\r\n\r\n"u8);

        worker.Finish().ShouldFail(9, "does not speak Backprop's protocol");
    }

    [Fact]
    public void AnotherDataFile_OrAnotherToken_IsRefused_AndTheTrainingGoesOn()
    {
        using var scene = new ClusterScene();
        var token = WriteToken(scene, "token", "0123456789abcdef0123");
        var other = WriteToken(scene, "other", "fedcba98765432100123");
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

    private static string WriteToken(ClusterScene scene, string name, string token)
    {
        var path = Path.Combine(scene.Path, name);
        File.WriteAllText(path, token);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }
}
