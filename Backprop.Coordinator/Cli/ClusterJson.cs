using System.Text.Json;

namespace Backprop.Coordinator.Cli;

/// <summary>Answers of a cluster for machines: an object a line.</summary>
internal static class ClusterJson
{
    /// <summary>What was ordered.</summary>
    public static byte[] Said(string sentence) => Line(writer => writer.WriteString("said", sentence));

    /// <summary>What became of a submission.</summary>
    public static byte[] Submitted(string run, int place, bool again) => Line(writer =>
    {
        writer.WriteString("run", run);
        writer.WriteNumber("place", place);
        writer.WriteBoolean("again", again);
    });

    /// <summary>A line of a log.</summary>
    public static byte[] Line(string text) => Line(writer => writer.WriteString("line", text));

    private static byte[] Line(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }
}
