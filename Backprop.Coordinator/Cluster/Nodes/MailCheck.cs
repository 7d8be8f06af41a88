using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Processes;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// What nodes may say of themselves and to each other. It is asked before anything is made of a message: an actor that meets what it does
/// not expect ends, and with the coordinator's actor ends the run. Pure.
/// </summary>
internal static class MailCheck
{
    /// <summary>A cluster has so many nodes at most, those that were and are no more among them.</summary>
    public const int NodesMaximum = 1024;

    /// <summary>No cluster comes so far; beyond it there would be no next term.</summary>
    public const long TermMaximum = 1L << 48;

    private const int AddressMaximum = 300;
    private const int WorkerNameMaximum = 100;
    private const int TextMaximum = 2000;
    private const int CoresMaximum = 4096;

    /// <summary>Whether a node says who it is as nodes of this version do.</summary>
    public static bool IsNode(NodeInfo? node) =>
        node is not null && IsPeer(node) && WireText.IsName(node.Name) && WireText.IsName(node.Version)
        && node.Cores is >= 1 and <= CoresMaximum && node.Roles.Count is 1 or 2
        && node.Roles.All(role => role is NodeOptions.Coordinator or NodeOptions.Worker)
        && IsShort(node.AkkaAddress, AddressMaximum);

    /// <summary>Whether a node can be remembered: it has an id, and an address that can be asked.</summary>
    public static bool IsPeer(NodeInfo node) => WireText.IsName(node.Id) && IsAddress(node.Address);

    /// <summary>Whether an answer to <c>Meet</c> can be followed; its refusal is looked at before.</summary>
    public static bool IsReply(MeetReply reply) =>
        (reply.Cluster.Length == 0 && (reply.Node is null || IsNode(reply.Node)) && reply.Nodes.Count <= NodesMaximum)
        || (WireText.IsName(reply.Cluster) && reply.Cluster.All(char.IsAsciiLetterOrDigit) && WireText.IsName(reply.Record)
            && reply.Seeds.Count is >= 1 and <= NodesMaximum
            && reply.Seeds.All(seed => Membership.TryParse(seed) is not null));

    /// <summary>Whether a message between nodes is one that can be acted on.</summary>
    public static bool IsMail(IMessage message) => message switch
    {
        NodeReport report => IsReport(report),
        RunWorkers order => IsOrder(order),
        ReportTo to => to.Term is >= 1 and <= TermMaximum,
        LeaveCluster leave => leave.Refusal is { Reason.Length: > 0 },
        LogRequest or LogLines => true,
        _ => false,
    };

    private static bool IsReport(NodeReport report) =>
        IsNode(report.Node)
        && report.WorkersOwn is >= 0 and <= WorkerHost.CountMaximum
        && report.Term is >= 0 and <= TermMaximum
        && (report.Witness.Length == 0 || (WireText.IsName(report.Witness) && Voter.IsWitness(report.Witness)))
        && report.Workers.Count <= WorkerHost.CountMaximum
        && report.Workers.All(worker =>
            WireText.IsName(worker.Name) && IsShort(worker.State, WorkerNameMaximum) && IsShort(worker.LastEnd, TextMaximum))
        && report.Deaths.Count <= DeathList.Most
        && report.Deaths.All(death =>
            IsShort(death.Worker, WorkerNameMaximum) && IsShort(death.How, TextMaximum) && IsShort(death.Said, TextMaximum)
            && double.IsFinite(death.RestartSeconds));

    private static bool IsOrder(RunWorkers order) =>
        order.Term is >= 1 and <= TermMaximum && order.Count is >= 0 and <= OrderJudge.WorkersMaximum && order.DeathsHeard >= 0
        && WireText.IsName(order.Node) && IsAddress(order.Coordinator)
        && order.Nodes.Count <= NodesMaximum && order.Nodes.All(IsPeer);

    private static bool IsAddress(string text) =>
        text.Length <= AddressMaximum && HostPort.TryParse(text, out var address) && address.Port > 0;

    private static bool IsShort(string text, int most) => text.Length <= most;
}
