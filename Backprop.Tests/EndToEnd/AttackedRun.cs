using System.Text.Json;
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
    private int _names;

    public AttackedRun()
    {
        _tokenFile = _scene.WriteToken("token", Secret);

        // The log for machines tells of each checkpoint, so that no test waits for the next one that people are shown.
        _scene.StartCoordinator("--token-file", _tokenFile, "--log", "json");
        JoinHonest();
    }

    internal string Address => _scene.Address;

    internal int LinkPort => _scene.LinkPort;

    internal int GrpcPort => _scene.GrpcPort;

    internal JoinToken Token { get; } = new(System.Text.Encoding.ASCII.GetBytes(Secret));

    /// <summary>
    /// Reads the coordinator's log until a line holds all the texts, and gives its sentence. One of them should be of this test alone, an
    /// own name for instance: tests come in any order, and what one that is over has caused may still be to come in the log.
    /// </summary>
    internal string WaitForLine(params string[] texts) =>
        JsonDocument.Parse(_scene.Coordinator.WaitForLine(texts)).RootElement.GetProperty("message").GetString()!;

    /// <summary>Somebody at the port, under a name that nobody else has in this run.</summary>
    internal RawWorker Come(string name, long incarnation = 1) =>
        new(Address) { Name = $"{name}-{++_names}", Incarnation = incarnation };

    /// <summary>The same, let in; it takes part when this returns.</summary>
    internal RawWorker Join(string name, double speed = 1e6, long incarnation = 1)
    {
        var worker = Come(name, incarnation).Join(Token, speed);
        WaitForLine("joined ", $"({worker.Name},");
        return worker;
    }

    /// <summary>The line that tells that somebody was lost.</summary>
    internal string WaitForLoss(RawWorker worker) => WaitForLine("lost ", $"({worker.Name})");

    /// <summary>A worker process that knows the token, once it takes part.</summary>
    internal BackpropCommand JoinHonest()
    {
        var worker = _scene.StartWorker("--token-file", _tokenFile);
        WaitForLine("joined ", $"/{worker.Id},");
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
}
