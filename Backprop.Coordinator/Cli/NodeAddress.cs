using System.CommandLine;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cli;

/// <summary>Which cluster is asked: the same for every command that asks one.</summary>
internal sealed class NodeAddress
{
    /// <summary>Where a node is unless somebody says otherwise.</summary>
    public const string Default = "127.0.0.1:7400";

    private readonly Option<HostPort> _node = new("--node")
    {
        Description = $"any node of the cluster (default {Default})",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => HostPort.Parse(Default, "--node"),
        CustomParser = result => HttpAddress.Parse(result, "--node"),
    };

    private readonly Option<string?> _token = new("--token-file")
    {
        Description = "the secret that the cluster's nodes were given",
        HelpName = "FILE",
    };

    private readonly Option<string?> _identity = IdentityOption.Create(
        "the folder with this caller's certificate, where the cluster has TLS");

    /// <summary>The result as JSON.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "prints an object for machines" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_node, _token, _identity, Json])
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="UserException">The token or the identity cannot be read (exit code 2), or is not good now (6).</exception>
    public ClusterCaller Call(ParseResult parsed) => new(
        parsed.GetValue(_node),
        parsed.GetValue(_token) is { } file ? JoinToken.Read(file) : null,
        IdentityOption.Read(parsed, _identity),
        TimeProvider.System);
}
