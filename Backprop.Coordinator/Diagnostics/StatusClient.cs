using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>Asks a coordinator for its status page.</summary>
internal static class StatusClient
{
    private const int BytesMaximum = 8 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>The page, as bytes and as what they say.</summary>
    /// <exception cref="UserException">Nobody answers there, or no coordinator does (unreachable).</exception>
    public static (byte[] Json, ClusterStatus Status) Read(HostPort address)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
        {
            Timeout = Limit,
            MaxResponseContentBufferSize = BytesMaximum,
        };
        Exception? last = null;
        foreach (var endPoint in address.Resolve())
        {
            try
            {
                return Read(client, endPoint, address);
            }
            catch (Exception problem) when (problem is HttpRequestException or TaskCanceledException)
            {
                last = problem;
            }
        }

        throw last is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded }
            ? NoCoordinator(
                address, "it does not speak HTTP; give the address of the status page, not the one that workers connect to", last)
            : new UserException(
                ExitCode.Unreachable,
                $"No coordinator answers at {address} ({Reason(last)}); the coordinator's log says where its status page is: "
                + "name that as --coordinator HOST:PORT.",
                last);
    }

    private static (byte[] Json, ClusterStatus Status) Read(HttpClient client, IPEndPoint endPoint, HostPort address)
    {
        // By address, not by name: a name that the coordinator does not know as its own is refused.
        using var response = client.GetAsync(new Uri($"http://{endPoint}/status")).GetAwaiter().GetResult();
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw NoCoordinator(address, $"HTTP {(int)response.StatusCode}", null);
        }

        var json = response.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();
        try
        {
            return (json, JsonSerializer.Deserialize(json, StatusJson.Default.ClusterStatus) ?? throw new JsonException("It is null."));
        }
        catch (JsonException problem)
        {
            throw NoCoordinator(address, "its page is none of a coordinator's of this version", problem);
        }
    }

    private static UserException NoCoordinator(HostPort address, string reason, Exception? problem) =>
        new(ExitCode.Unreachable, $"What answers at {address} is no coordinator's status page: {reason}.", problem);

    private static string Reason(Exception? problem) => problem switch
    {
        TaskCanceledException => $"nothing came within {Limit.TotalSeconds:F0} s",
        { InnerException: SocketException socket } => Shown.Reason(socket),
        null => "no address",
        _ => Shown.Reason(problem),
    };
}
