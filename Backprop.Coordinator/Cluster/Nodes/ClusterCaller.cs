using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Grpc.Core;
using Grpc.Net.Client;
using Client = Backprop.Worker.Protocol.Cluster.ClusterClient;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Asks a cluster something, at any of its nodes: one that does not coordinate says who does, and that one is asked. If that one is gone
/// meanwhile, the first one soon knows who coordinates then. What is asked may so be asked twice: an order that was followed already says
/// that it was.
/// </summary>
/// <param name="node">The node to ask first.</param>
/// <param name="token">What it wants to be told.</param>
/// <param name="identity">What this side shows of itself; null: nothing, and all travels in the clear.</param>
/// <param name="time">The clock of limits.</param>
internal sealed class ClusterCaller(HostPort node, JoinToken? token, IdentityFolder? identity, TimeProvider time) : IDisposable
{
    private const int HopsMaximum = 3;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    /// <summary>Longer than a takeover takes.</summary>
    private static readonly TimeSpan CoordinatorLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(0.2);
    private readonly HostPort _first = node;
    private HostPort _at = node;
    private GrpcChannel? _channel;

    /// <summary>Asks for one answer.</summary>
    /// <exception cref="UserException">It was refused, or nobody answers: a sentence and its exit code.</exception>
    public Task<T> AskAsync<T>(Func<Client, CallOptions, AsyncUnaryCall<T>> ask, CancellationToken ending = default) => CallAsync(
        async client => await ask(
            client, new CallOptions(ClusterChannel.HeadersOf(token), time.GetUtcNow().UtcDateTime + AnswerLimit, ending)));

    /// <summary>Has a conversation that may be long.</summary>
    /// <exception cref="UserException">It was refused, or nobody answers: a sentence and its exit code.</exception>
    public Task<T> TalkAsync<T>(Func<Client, CallOptions, Task<T>> talk, CancellationToken ending = default) =>
        CallAsync(client => talk(client, new CallOptions(ClusterChannel.HeadersOf(token), cancellationToken: ending)));

    /// <inheritdoc/>
    public void Dispose() => _channel?.Dispose();

    private async Task<T> CallAsync<T>(Func<Client, Task<T>> call)
    {
        var begun = time.GetTimestamp();
        for (var hop = 0; ;)
        {
            _channel ??= ClusterChannel.To(_at, identity);
            try
            {
                return await call(new Client(_channel));
            }
            catch (RpcException refused) when (Elsewhere(refused) is { } other && hop < HopsMaximum)
            {
                _channel.Dispose();
                (_channel, _at, hop) = (null, other, hop + 1);
            }
            catch (RpcException nobody) when (
                (nobody.StatusCode == StatusCode.FailedPrecondition || (_at != _first && IsGone(nobody)))
                && time.GetElapsedTime(begun) < CoordinatorLimit)
            {
                // A node that has just become a member, or whose coordinator has just died, hears in a moment who coordinates.
                _channel.Dispose();
                (_channel, _at, hop) = (null, _first, 0);
                await Task.Delay(AskAgain, time);
            }
            catch (RpcException problem)
            {
                throw Told(problem);
            }
        }
    }

    private static bool IsGone(RpcException problem) =>
        problem.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Cancelled;

    private static HostPort? Elsewhere(RpcException refused) =>
        refused.StatusCode == StatusCode.FailedPrecondition
        && refused.Trailers.GetValue(ClusterChannel.CoordinatorTrailer) is { Length: > 0 } address
            ? HostPort.Parse(address, "the node that was asked")
            : null;

    private UserException Told(RpcException problem) => problem.StatusCode switch
    {
        StatusCode.InvalidArgument => new UserException(ExitCode.Usage, WireText.Sentence(problem.Status.Detail), problem),
        StatusCode.Unauthenticated => new UserException(
            ExitCode.Authentication, $"The node at {_at} asks for another token; give the cluster's --token-file.", problem),
        StatusCode.PermissionDenied => new UserException(ExitCode.Authentication, WireText.Sentence(problem.Status.Detail), problem),
        StatusCode.DataLoss or StatusCode.ResourceExhausted => new UserException(
            ExitCode.Storage, WireText.Sentence(problem.Status.Detail), problem),
        StatusCode.FailedPrecondition => new UserException(
            ExitCode.Unreachable, $"The node at {_at} says: {WireText.Sentence(problem.Status.Detail)}.", problem),
        StatusCode.Aborted => new UserException(ExitCode.Mismatch, WireText.Sentence(problem.Status.Detail), problem),
        _ when ClusterChannel.Disbelief(problem) is { } why => new UserException(
            ExitCode.Authentication, $"The node at {_at} is not believed: {why}; check the address (--node), or the --identity.", problem),
        _ => new UserException(
            ExitCode.Unreachable,
            $"The node at {_at} does not answer: {ClusterChannel.ReasonOf(problem)}; check the address (--node), start it with "
            + "'backprop node', or ask again if its machine is busy.",
            problem),
    };
}
