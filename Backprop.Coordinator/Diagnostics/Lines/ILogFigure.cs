using System.Text.Json;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>A value of a log line that people read as words and machines as a number or an object.</summary>
internal interface ILogFigure
{
    /// <summary>Writes the value for machines.</summary>
    void WriteTo(Utf8JsonWriter json);
}
