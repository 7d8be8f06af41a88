using System.CommandLine;
using System.Globalization;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Cluster.Processes;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Cli;
using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop node</c>: makes this machine a member of a cluster.</summary>
internal static class NodeCommand
{
    private const string EachCore = "auto";

    public static Command Create()
    {
        var watch = new WatchOptions(null);
        var roles = Text("--roles", "ROLE,...", "coordinator (may coordinate), worker (runs worker processes), or both (default)");
        var listen = Text(
            "--listen", "HOST:PORT",
            $"the base port: gRPC; the next is Akka's, the one after that the tensors' (default {NodeAddress.Default})");
        var advertise = Text("--advertise", "HOST:PORT", "how others reach the base port (default: --listen)");
        var seed = Text("--seed", "HOST:PORT,...", "nodes of the cluster to join (default: those that it knows; none: it founds one)");
        var workers = Text(
            "--workers", "N|auto", "worker processes, a compute thread each, unless the cluster is scaled (default: the cores)");
        var name = Text("--name", "NAME", "what it is called in its cluster (default: the machine's name)");
        var data = Text("--data", "DIR", "where it keeps what it must not forget: its cluster, runs, data (default: node)");
        var token = Text("--token-file", "FILE", "a file with the cluster's secret; needed to be reached from other machines");
        var insecure = new Option<bool>("--insecure")
        {
            Description = "listens beyond this machine although all travels in the clear, the secret too: only on a network that you trust",
        };
        var identity = IdentityOption.Create(
            "the folder with this node's certificate: all three ports are then TLS, with certificates on both sides");
        var witness = Text("--witness", "DIR", "a folder shared with another node that may coordinate: with it, two such nodes suffice");
        var bootstrap = new Option<bool>("--bootstrap")
        {
            Description = "founds a cluster although seeds do not answer; where this node has been in one, see 'takeover'",
        };
        var command = new Command("node", "Makes this machine a node of a cluster, which trains the runs that are submitted to it.")
        {
            roles, listen, advertise, seed, workers, name, data, token, identity, insecure, bootstrap, witness,
        };
        Array.ForEach(watch.All, command.Options.Add);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var reached = parsed.GetValue(advertise) is { } typed ? HostPort.Parse(typed, "--advertise") : (HostPort?)null;
            var may = RolesOf(parsed.GetValue(roles));
            var own = IdentityOption.ReadOfNode(parsed, identity, may.Contains(NodeOptions.Coordinator));
            var options = new NodeOptions
            {
                Name = NameOf(parsed.GetValue(name), own),
                Listen = HostPort.Parse(parsed.GetValue(listen) ?? NodeAddress.Default, "--listen"),
                AdvertisedHost = reached?.Host,
                AdvertisedPort = reached?.Port,
                Roles = may,
                Seeds = SeedsOf(parsed.GetValue(seed) ?? ""),
                Workers = WorkersOf(parsed.GetValue(workers)),
                Identity = own,
                IsInsecure = parsed.GetValue(insecure),
                Bootstrap = parsed.GetValue(bootstrap),
                Witness = parsed.GetValue(witness),
                Token = parsed.GetValue(token) is { } secret ? JoinToken.Read(secret) : null,
                TokenFile = parsed.GetValue(token) is { } file ? Path.GetFullPath(file) : null,
            };
            return Run(options, parsed.GetValue(data) ?? "node", watch.Read(parsed));
        }));
        return command;
    }

    private static ExitCode Run(NodeOptions options, string folder, WatchSettings watch)
    {
        using var output = LogOutput.ToStandardError(watch.Format, watch.Detail, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        using var signals = new StopSignals(_ => stop.Cancel());
        try
        {
            using var node = new NodeHost(options, output.Logger, TimeProvider.System);
            using var page = watch.Http is { } address
                ? ClusterHttp.Start(address, node.Status, TimeProvider.System, output.Factory) : null;
            if (page is not null)
            {
                output.Logger.StatusPage(page.Address);
            }

            node.StayAsync(folder, given: null, stop.Token).GetAwaiter().GetResult();
            return signals.ExitCode;
        }
        catch (UserException failure)
        {
            output.Logger.CannotGoOn(failure.Message, (int)failure.ExitCode);
            return failure.ExitCode;
        }
    }

    private static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };

    private static string[] RolesOf(string? text)
    {
        string[] roles = [.. (text ?? $"{NodeOptions.Coordinator},{NodeOptions.Worker}").Split(',').Distinct()];
        return roles.All(role => role is NodeOptions.Coordinator or NodeOptions.Worker) ? roles : throw new UserException(
            ExitCode.Usage, $"--roles takes coordinator, worker or both, not '{text}'.");
    }

    private static HostPort[] SeedsOf(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(address => HostPort.Parse(address, "--seed"))];

    private static int WorkersOf(string? text) =>
        text is null or EachCore ? Environment.ProcessorCount
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= WorkerHost.CountMaximum ? count
        : throw new UserException(ExitCode.Usage, $"--workers takes a number from 0 to {WorkerHost.CountMaximum}, or auto, not '{text}'.");

    /// <summary>A node that has a certificate is called as that says.</summary>
    private static string NameOf(string? text, IdentityFolder? identity)
    {
        if (identity is null)
        {
            return NameOf(text);
        }

        var certified = identity.Current.Name.Name;
        return text is null || text == certified ? NameOf(certified) : throw new UserException(
            ExitCode.Usage,
            $"The certificate in --identity is {WireText.Name(certified)}'s, not {WireText.Name(text)}'s; leave --name out.");
    }

    internal static string NameOf(string? text)
    {
        var name = text ?? string.Concat(Environment.MachineName.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.').Take(48));
        return WireText.IsName(name) && !name.Contains('/', StringComparison.Ordinal) && name.Length <= 48 ? name : throw new UserException(
            ExitCode.Usage, $"--name takes one to 48 characters of printable ASCII without a slash, not '{WireText.Name(name)}'.");
    }
}
