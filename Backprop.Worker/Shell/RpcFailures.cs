using System.Net.Sockets;
using System.Security.Authentication;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Grpc.Core;

namespace Backprop.Worker.Shell;

/// <summary>What a failed call means for a worker. Pure.</summary>
internal static class RpcFailures
{
    /// <summary>The trailer with the address of who coordinates.</summary>
    public const string ElsewhereTrailer = "backprop-coordinator";

    /// <summary>A sentence, and whether it is worth another attempt.</summary>
    /// <param name="address">Who was asked.</param>
    /// <param name="hasToken">A token was sent.</param>
    public static Exception ToException(RpcException failure, HostPort address, bool hasToken)
    {
        var detail = WireText.Sentence(failure.Status.Detail);
        return failure.StatusCode switch
        {
            StatusCode.Unauthenticated => new UserException(
                ExitCode.Authentication,
                hasToken
                    ? "The worker's token is not the coordinator's; give the worker the coordinator's --token-file."
                    : "The coordinator asks for a token and the worker has none; give the worker the coordinator's --token-file.",
                failure),
            StatusCode.PermissionDenied => new UserException(ExitCode.Authentication, $"{address} refuses this worker: {detail}", failure),
            StatusCode.FailedPrecondition => new NoCoordinatorException($"{address} does not coordinate: {detail}", failure)
            {
                IsAnswer = true,
                Elsewhere = ElsewhereIn(failure.Trailers),
            },
            StatusCode.DeadlineExceeded => new NoCoordinatorException(
                $"{address} accepted the connection, but did not answer in time", failure),
            StatusCode.InvalidArgument or StatusCode.Unimplemented => new NoCoordinatorException(
                $"{address} is no coordinator: {detail}", failure),
            _ when failure.Status.DebugException is { } cause => OfConnection(cause, address),
            StatusCode.Unavailable => new NoCoordinatorException($"{address} answers: {detail}", failure) { IsAnswer = true },
            _ => new NoCoordinatorException($"{address} answers {failure.StatusCode}: {detail}", failure),
        };
    }

    private static Exception OfConnection(Exception cause, HostPort address)
    {
        for (var inner = cause; inner is not null; inner = inner.InnerException)
        {
            if (inner is LinkClosedException closed)
            {
                return new NoCoordinatorException(closed.Message, cause);
            }

            if (inner is AuthenticationException)
            {
                return new UserException(
                    ExitCode.Authentication, $"{address} is not believed: {Cause(inner)}; check the address, or the --identity.", cause);
            }

            if (inner is SocketException or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded })
            {
                return new NoCoordinatorException($"{address} does not answer: {Cause(inner)}", cause);
            }
        }

        // It was reached and it went on: what it said was not understood, be it by the one part of the library or the other.
        return new NoCoordinatorException($"{address} is no coordinator: it does not speak HTTP/2", cause);
    }

    /// <summary>A library's message may hold what the other side sent.</summary>
    private static string Cause(Exception failure) => WireText.Sentence(Shown.Reason(failure));

    /// <summary>Who coordinates, as far as what was sent is an address.</summary>
    private static HostPort? ElsewhereIn(Metadata trailers)
    {
        try
        {
            return trailers.GetValue(ElsewhereTrailer) is { } text && HostPort.Parse(text, ElsewhereTrailer) is { Port: > 0 } address
                ? address
                : null;
        }
        catch (UserException)
        {
            return null;
        }
    }
}
