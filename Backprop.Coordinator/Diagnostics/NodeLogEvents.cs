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
        + "--bootstrap founds one without them")]
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

    [LoggerMessage(6011, LogLevel.Information, "{Advice}")]
    public static partial void Survives(this ILogger log, string advice);

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

    [LoggerMessage(
        6017, LogLevel.Warning,
        "nobody coordinates the cluster yet ({Reasons}): {Majority} of the {Voters} nodes that decide have to be there. If they are gone "
        + "for good, 'backprop takeover' says what would be lost")]
    public static partial void WaitsForMajority(this ILogger log, string reasons, int majority, int voters);

    [LoggerMessage(6018, LogLevel.Warning, "{Run} ended here, and another node goes on with it: {Reason}")]
    public static partial void HandsOver(this ILogger log, string run, string reason);

    [LoggerMessage(6019, LogLevel.Warning, "{Node} coordinates no more, in term {Term}: {Why}")]
    public static partial void CoordinatesNoMore(this ILogger log, string node, long term, string why);

    [LoggerMessage(6020, LogLevel.Warning, "the cluster goes on without this node; it joins again")]
    public static partial void LeftBehind(this ILogger log);

    [LoggerMessage(6021, LogLevel.Warning, "{Node} takes over, as was ordered: the only node that decides from now on")]
    public static partial void TakesOver(this ILogger log, string node);

    [LoggerMessage(6022, LogLevel.Warning, "{Node}, which coordinated, is not heard any more")]
    public static partial void CoordinatorSilent(this ILogger log, string node);

    [LoggerMessage(6023, LogLevel.Warning, "the witness in {Folder} does not answer: {Reason}")]
    public static partial void WitnessSilent(this ILogger log, string folder, string reason);

    [LoggerMessage(
        6024, LogLevel.Warning,
        "the cluster's record counts on a witness that this node does not know: give it the folder with --witness, as its other nodes")]
    public static partial void WitnessUnknown(this ILogger log);

    [LoggerMessage(6026, LogLevel.Warning, "the node at {Address} was out of reach for too long: the cluster goes on without it")]
    public static partial void RemovesNode(this ILogger log, string address);

    [LoggerMessage(
        6025, LogLevel.Warning,
        "the checkpoint of {Run} after step {Step} is not on a majority's disks after {Seconds:F0} s; the training waits for that before "
        + "its next one. Look into the logs of the other nodes that may coordinate: their disks may be full")]
    public static partial void CheckpointLags(this ILogger log, string run, long step, double seconds);
}
