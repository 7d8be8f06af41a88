using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>
/// The lines of a node's log, from 6000 on. The ids and names are a promise to scripts, as those of <see cref="LogEvents"/>.
/// </summary>
internal static partial class NodeLogEvents
{
    [LoggerMessage(
        6001, LogLevel.Information,
        "node {Node} ({Roles}) of cluster {Cluster}: gRPC {Address}, Akka {Akka}, tensors {Tensors}; folder {Folder}")]
    public static partial void NodeStarts(
        this ILogger log, string node, string roles, string cluster, string address, string akka, string tensors, string folder);

    [LoggerMessage(6002, LogLevel.Information, "founded the cluster {Cluster}")]
    public static partial void Founded(this ILogger log, string cluster);

    [LoggerMessage(6016, LogLevel.Information, "formed the cluster {Before} anew, as {Cluster}; it goes on with this node's record")]
    public static partial void FormedAnew(this ILogger log, string before, string cluster);

    [LoggerMessage(
        6004, LogLevel.Warning,
        "no node of the cluster answers yet ({Reasons}); this one waits for them. If those that may coordinate are gone for good, "
        + "--bootstrap forms the cluster anew")]
    public static partial void WaitsForOthers(this ILogger log, string reasons);

    [LoggerMessage(6005, LogLevel.Information, "{Node} coordinates, in term {Term}")]
    public static partial void Coordinates(this ILogger log, string node, long term);

    [LoggerMessage(
        6006, LogLevel.Error,
        "the training did not stop within {Seconds:F0} s after this node ceased to coordinate: the process ends")]
    public static partial void FenceFailed(this ILogger log, double seconds);

    [LoggerMessage(6007, LogLevel.Information, "node {Node} is there ({Address}; {Roles}; {Cores} cores)")]
    public static partial void NodeThere(this ILogger log, string node, string address, string roles, int cores);

    [LoggerMessage(6008, LogLevel.Warning, "node {Node} is gone")]
    public static partial void NodeGone(this ILogger log, string node);

    [LoggerMessage(6009, LogLevel.Warning, "node {Node} at {Address} {What}")]
    public static partial void NodeReached(this ILogger log, string node, string address, string what);

    [LoggerMessage(6010, LogLevel.Warning, "worker {Worker} (process {Process}) ended: {How}{Again}{Said}")]
    public static partial void WorkerDied(this ILogger log, string worker, int process, string how, string again, string said);

    [LoggerMessage(
        6011, LogLevel.Warning,
        "this node does not coordinate: what was ordered of the cluster is written down at node {Holder}; start that one again")]
    public static partial void LacksRecord(this ILogger log, string holder);

    [LoggerMessage(6012, LogLevel.Warning, "the cluster has removed this node; it joins again")]
    public static partial void Removed(this ILogger log);

    [LoggerMessage(6014, LogLevel.Warning, "the cluster has not let this node in within {Seconds:F0} s; it looks for it again")]
    public static partial void NotLetIn(this ILogger log, double seconds);

    [LoggerMessage(
        6015, LogLevel.Warning,
        "this node joins the cluster {Cluster}; what was ordered of the one that it belonged to is set aside in {Folder}")]
    public static partial void SetAside(this ILogger log, string cluster, string folder);

    [LoggerMessage(6013, LogLevel.Warning, "refused node {Node} at {Address}: {Reason}")]
    public static partial void NodeRefused(this ILogger log, string node, string address, string reason);
}
