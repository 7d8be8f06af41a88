using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Backprop.Coordinator.Diagnostics.Http;

/// <summary>What is answered to whom.</summary>
/// <param name="source">Read at most ten times a second, however many ask: readers must not make the training collect garbage.</param>
/// <param name="hosts">Under which names may be asked.</param>
/// <param name="time">The clock of that.</param>
internal sealed class StatusPages(IStatusSource source, AllowedHosts hosts, TimeProvider time)
{
    private const string Plain = "text/plain; charset=utf-8";
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(100);
    private readonly Lock _gate = new();
    private Rendered? _last;
    private long _read;

    /// <summary>Answers one request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var (code, type, body) = Choose(context.Request);
        var response = context.Response;
        response.StatusCode = code;
        response.ContentType = type;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (code == StatusCodes.Status405MethodNotAllowed)
        {
            response.Headers.Allow = "GET, HEAD";
        }

        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private (int Code, string Type, byte[] Body) Choose(HttpRequest request)
    {
        if (!request.Host.HasValue)
        {
            return Sentence(StatusCodes.Status400BadRequest, "A request needs a Host header.");
        }

        if (!hosts.Allows(request.Host.Host))
        {
            return Sentence(StatusCodes.Status403Forbidden, "Ask for localhost, this machine's name or its address.");
        }

        if (request.Path.Value is not ("/status" or "/metrics" or "/livez" or "/readyz"))
        {
            return Sentence(StatusCodes.Status404NotFound, "There are /status, /metrics, /livez and /readyz.");
        }

        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            return Sentence(StatusCodes.Status405MethodNotAllowed, "These pages are only read: GET or HEAD.");
        }

        var now = Read();
        return request.Path.Value switch
        {
            "/status" => (StatusCodes.Status200OK, "application/json; charset=utf-8", now.Status),
            "/metrics" => (StatusCodes.Status200OK, MetricsPage.ContentType, now.Metrics),
            "/livez" => Sentence(StatusCodes.Status200OK, "Alive."),
            _ => NotReady(now.Source) is { } reason
                ? Sentence(StatusCodes.Status503ServiceUnavailable, reason)
                : Sentence(StatusCodes.Status200OK, now.Source.Phase == "idle" ? "The node waits for runs." : "The run goes on."),
        };
    }

    private static string? NotReady(ClusterStatus status) => status.Phase switch
    {
        "starting" => "The run has not begun.",
        "joining" => "The node is no member of a cluster yet.",
        "idle" => null,
        "completed" or "stopped" or "diverged" or "failed" => $"The run is over: {status.Phase}.",
        "paused" => "The run is paused.",
        "waiting" => Waits(status),
        _ => status.WorkersPresent < status.WorkersMinimum ? Waits(status) : null,
    };

    private static string Waits(ClusterStatus status) => string.Create(
        CultureInfo.InvariantCulture, $"The run waits for workers: {status.WorkersPresent} of at least {status.WorkersMinimum} are there.");

    private static (int Code, string Type, byte[] Body) Sentence(int code, string sentence) =>
        (code, Plain, Encoding.UTF8.GetBytes(sentence + "\n"));

    private Rendered Read()
    {
        lock (_gate)
        {
            if (_last is null || time.GetElapsedTime(_read) >= Fresh)
            {
                (_last, _read) = (new Rendered(source.Read()), time.GetTimestamp());
            }

            return _last;
        }
    }

    /// <summary>A status, and the pages of it that somebody asked for.</summary>
    private sealed class Rendered(ClusterStatus source)
    {
        public ClusterStatus Source { get; } = source;

        public byte[] Status => field ??= JsonSerializer.SerializeToUtf8Bytes(Source, StatusJson.Default.ClusterStatus);

        public byte[] Metrics => field ??= MetricsPage.Write(Source);
    }
}
