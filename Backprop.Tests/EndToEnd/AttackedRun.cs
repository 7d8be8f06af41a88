using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// One small run with one honest worker, which tests attack one after the other. When they are through, it is stopped and must have the
/// weights and the ledger of a run that nobody disturbed.
/// </summary>
[CollectionDefinition(Name)]
public sealed class AttackedRun : ICollectionFixture<AttackedRun>, IDisposable
{
    internal const string Name = "one run under attack";
    private const string Secret = "a secret of the honest, 0123456789";
    private readonly ClusterScene _scene = new();
    private readonly string _tokenFile;

    public AttackedRun()
    {
        _tokenFile = WriteToken("token", Secret);
        _scene.StartCoordinator("--token-file", _tokenFile);
        JoinHonest();
    }

    internal string Address => _scene.Address;

    internal JoinToken Token { get; } = new(System.Text.Encoding.ASCII.GetBytes(Secret));

    /// <summary>Reads the coordinator's log until a line holds the text.</summary>
    internal string WaitForLine(string text) => _scene.Coordinator.WaitForLine(text);

    /// <summary>A worker process that knows the token, once it takes part.</summary>
    internal BackpropCommand JoinHonest()
    {
        var worker = _scene.StartWorker("--token-file", _tokenFile);
        WaitForLine($"/{worker.Id},").ShouldContain("joined");
        return worker;
    }

    /// <summary>The training has gone on: it has kept a state that is newer than all that was read of the log.</summary>
    internal void ShouldGoOn() => WaitForLine("durable");

    public void Dispose()
    {
        try
        {
            _scene.StopAndCompare();
        }
        finally
        {
            _scene.Dispose();
        }
    }

    private string WriteToken(string name, string token)
    {
        var path = Path.Combine(_scene.Path, name);
        File.WriteAllText(path, token);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }
}
