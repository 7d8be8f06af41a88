using System.Text.Json;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>Looks at a cluster from elsewhere.</summary>
internal sealed class ClusterWatch(ClusterCaller caller, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromMinutes(1);

    /// <summary>What it does at this moment.</summary>
    public Task<WatchReply> LookAsync() => caller.TalkAsync(async (client, options) =>
    {
        using var call = client.Watch(new WatchRequest(), options);
        await call.ResponseStream.MoveNext(options.CancellationToken);
        return call.ResponseStream.Current;
    });

    /// <summary>Waits for the end of a run; meanwhile the cluster may be silent for a minute.</summary>
    /// <returns>How it ended; null: nobody waits for that any more.</returns>
    public async Task<RunView?> FollowAsync(string run, CancellationToken ending)
    {
        var heard = time.GetTimestamp();
        while (!ending.IsCancellationRequested)
        {
            try
            {
                var look = await LookAsync();
                heard = time.GetTimestamp();
                if (look.Runs.FirstOrDefault(view => view.Id == run) is { } view && IsEnded(view))
                {
                    return view;
                }
            }
            catch (UserException problem) when (
                problem.ExitCode == ExitCode.Unreachable && time.GetElapsedTime(heard) < SilenceLimit)
            {
                // The run goes on when the node that coordinates is back.
            }

            await Task.Delay(LookEvery, time, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    /// <summary>The newest lines of a log, then those that follow.</summary>
    public Task<int> ReadLogAsync(string name, int lines, bool follow, Action<string> line) => caller.TalkAsync(async (client, options) =>
    {
        using var call = client.Logs(new LogRequest { Name = name, Lines = lines, Follow = follow }, options);
        var count = 0;
        await foreach (var next in call.ResponseStream.ReadAllAsync(options.CancellationToken))
        {
            line(next.Text);
            count++;
        }

        return count;
    });

    /// <summary>What the run does, where one is going on.</summary>
    public static ClusterStatus? StatusOf(WatchReply look) =>
        look.Status.Length == 0 ? null : JsonSerializer.Deserialize(look.Status, StatusJson.Default.ClusterStatus);

    /// <summary>The whole look as JSON; the run's status is an object in it.</summary>
    public static string Json(WatchReply look)
    {
        var formatter = new JsonFormatter(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
        var text = formatter.Format(new WatchReply(look) { Status = "" });
        using var document = JsonDocument.Parse(text);
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            foreach (var property in document.RootElement.EnumerateObject().Where(property => property.Name != "status"))
            {
                property.WriteTo(writer);
            }

            writer.WritePropertyName("status");
            writer.WriteRawValue(look.Status.Length == 0 ? "null" : look.Status);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static bool IsEnded(RunView run) => run.State is not ("waiting" or "running" or "paused");
}
