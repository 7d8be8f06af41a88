namespace Backprop.Coordinator.Cluster.Record.Witness;

/// <summary>What a witness has to be kept in: words, of which the newest counts, and a beat. From any machine that shares it.</summary>
internal interface IWitnessFolder
{
    /// <summary>The witness' id, as a voter.</summary>
    string Id { get; }

    /// <summary>Where it is, for messages.</summary>
    string Path { get; }

    /// <summary>What a leader wrote last, to be seen; empty: nothing yet. It need not survive a crash.</summary>
    /// <exception cref="IOException">It cannot be reached.</exception>
    string Beat { get; set; }

    /// <summary>The newest word.</summary>
    /// <param name="isDamaged">It cannot be read: this witness' word is not worth anything any more.</param>
    /// <returns>Null: there is none, or it is damaged.</returns>
    /// <exception cref="IOException">The folder cannot be reached.</exception>
    WitnessWord? Newest(out bool isDamaged);

    /// <summary>Puts a word, if none of its number is there and it is the newest then.</summary>
    /// <returns>Whether it counts. It may count although an exception says otherwise: then it is read.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    bool TryPut(WitnessWord word);
}
